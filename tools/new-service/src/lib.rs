//! Writes a new package into a workspace, and its lines in Cargo.toml and Cargo.lock.
//!
//! The templates are part of the program, because a workspace that uses thimble as a module has none of its files. An
//! end-to-end test builds and runs what each of them gives.

#![forbid(unsafe_code)]

mod error;
mod kind;
mod lock;
mod manifest;
mod name;
mod package;
mod transaction;

pub use error::Error;
pub use kind::Kind;

use std::fs;
use std::io;
use std::path::Path;

use manifest::Manifest;
use transaction::Transaction;

/// A package that was written.
#[derive(Debug)]
pub struct Package {
    /// Its directory, from the workspace.
    pub path: String,
    /// Whether it becomes an image.
    pub has_image: bool,
    /// The files that were written, from the workspace.
    pub written: Vec<String>,
    /// Whether Cargo.lock is up to date.
    pub locked: bool,
}

/// Writes the package `name` into the workspace, whole or not at all.
///
/// # Errors
/// If the name is invalid or taken, or the workspace's files are not as expected.
pub fn create(workspace: &Path, name: &str, kind: Kind) -> Result<Package, Error> {
    let path = format!("services/{name}");
    let text = read(workspace, "Cargo.toml")?;
    let lock = match read(workspace, "Cargo.lock") {
        Err(Error::File { source, .. }) if source.kind() == io::ErrorKind::NotFound => None,
        other => Some(other?),
    };
    name::check(name, &path, workspace, lock.as_deref().unwrap_or_default())?;

    let parsed = Manifest::parse(&text)?;
    let files = package::files(kind, name, workspace, &parsed);
    let own = files.get(Path::new("Cargo.toml")).map_or("", String::as_str);
    let dependencies = manifest::dependencies(own)?;
    let with_dependencies = manifest::add_dependencies(&text, &dependencies)?;
    let new_text = manifest::add_member(&with_dependencies, &path)?;
    let new_lock = lock
        .as_deref()
        .and_then(|lock| lock::add_package(lock, name, parsed.version(), &dependencies));

    let mut transaction = Transaction::new(workspace);
    transaction.directory(&path, files);
    if new_text != text {
        transaction.file("Cargo.toml", new_text);
    }
    let locked = new_lock.is_some();
    if let Some(lock) = new_lock {
        transaction.file("Cargo.lock", lock);
    }
    Ok(Package {
        has_image: kind.has_image(),
        written: transaction.commit()?,
        path,
        locked,
    })
}

fn read(workspace: &Path, file: &str) -> Result<String, Error> {
    let path = workspace.join(file);
    fs::read_to_string(&path).map_err(|source| Error::File {
        what: "read",
        path,
        source,
    })
}
