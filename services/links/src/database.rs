//! The setting `LINKS_DATABASE`.

use std::path::{Path, PathBuf};

use chassis::Env;

use crate::store::{OpenError, Store};

/// The database of `LINKS_DATABASE` cannot be opened.
#[derive(Debug, thiserror::Error)]
#[error("cannot open LINKS_DATABASE \"{}\": {source}", path.display())]
pub struct DatabaseError {
    path: PathBuf,
    source: OpenError,
}

/// Reads `LINKS_DATABASE`.
pub fn database_setting(env: &mut Env) -> PathBuf {
    env.var(
        "LINKS_DATABASE",
        PathBuf::from("/data/links.db"),
        "database file, created if it is missing",
    )
}

/// Opens the database of `LINKS_DATABASE`, which may wait for a lock and therefore blocks.
///
/// # Errors
///
/// See [`Store::open`].
pub fn open_database(path: &Path) -> Result<Store, DatabaseError> {
    Store::open(path).map_err(|source| DatabaseError {
        path: path.to_owned(),
        source,
    })
}
