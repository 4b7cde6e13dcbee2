//! A new service is a copy of `services/hello` under another name, and its lines in Cargo.toml and Cargo.lock.
//!
//! The model is the service that everything else is tested with, so it can't rot as a template of its own would.

#![forbid(unsafe_code)]

mod edits;
mod error;
mod model;
mod name;
mod transaction;

pub use error::Error;

use std::fs;
use std::path::Path;

use transaction::Transaction;

/// Writes the service `name` into the workspace, whole or not at all; gives the paths of what was written.
///
/// # Errors
/// If the name is bad or taken, or the workspace is not as it is expected to be.
pub fn create(workspace: &Path, name: &str) -> Result<Vec<String>, Error> {
    let read = |file: &str| {
        fs::read_to_string(workspace.join(file)).map_err(|source| Error::File {
            what: "read",
            path: workspace.join(file),
            source,
        })
    };
    let (manifest, lock) = (read("Cargo.toml")?, read("Cargo.lock")?);
    name::check(name, workspace, &lock)?;

    let mut transaction = Transaction::new(workspace);
    transaction.folder(&format!("services/{name}"), model::files(workspace, name)?);
    transaction.file("Cargo.toml", edits::add_member(&manifest, name)?);
    transaction.file("Cargo.lock", edits::add_package(&lock, name)?);
    transaction.commit()
}
