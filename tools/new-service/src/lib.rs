//! Creates a package in a workspace, with its entries in Cargo.toml and Cargo.lock.
//!
//! The templates are embedded in the program, because a workspace that uses thimble as a module does not contain its files.

#![forbid(unsafe_code)]

mod error;
mod kind;
mod lock;
mod manifest;
mod name;
mod own_crates;
mod package;
mod transaction;

pub use error::Error;
pub use kind::Kind;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use manifest::Manifest;
use transaction::Transaction;

/// Where the crates of a package come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Crates {
    /// The workspace's Cargo.lock.
    Shared,
    /// A Cargo.lock of its own, with separate versions and features.
    Own,
}

/// A created package.
#[derive(Debug)]
pub struct Package {
    /// Its directory, relative to the workspace.
    pub path: String,
    /// Whether it has an image.
    pub has_image: bool,
    /// The written files, relative to the workspace.
    pub written: Vec<String>,
    /// Whether the workspace's Cargo.lock is up to date.
    pub locked: bool,
}

/// Creates the package `name` in the workspace. On an error, the workspace is unchanged.
///
/// # Errors
/// If the name is invalid or in use, or a file of the workspace has unexpected content.
pub fn create(workspace: &Path, name: &str, kind: Kind, crates: Crates) -> Result<Package, Error> {
    let path = format!("services/{name}");
    let text = read(workspace, "Cargo.toml")?;
    let lock = match read(workspace, "Cargo.lock") {
        Err(Error::File { source, .. }) if source.kind() == io::ErrorKind::NotFound => None,
        other => Some(other?),
    };
    name::check(name, &path, workspace, lock.as_deref().unwrap_or_default())?;

    let parsed = Manifest::parse(&text)?;
    let mut files = package::files(kind, name, workspace, &parsed);
    let own = files.get(Path::new("Cargo.toml")).map_or("", String::as_str);
    let dependencies = manifest::dependencies(own)?;

    let mut transaction = Transaction::new(workspace);
    let (new_text, locked) = match crates {
        Crates::Shared => {
            let with_dependencies = manifest::add_dependencies(&text, &dependencies)?;
            let new_lock = lock
                .as_deref()
                .and_then(|lock| lock::add_package(lock, name, parsed.version(), &dependencies));
            let locked = new_lock.is_some();
            if let Some(lock) = new_lock {
                transaction.file("Cargo.lock", lock);
            }
            (manifest::add_member(&with_dependencies, &path)?, locked)
        }
        Crates::Own => {
            let module = package::crates_module(name, workspace);
            own_crates::separate(&mut files, &text, &dependencies, module)?;
            // The same versions as in the workspace. Bazel removes the entries that the package does not need.
            files.extend(lock.map(|lock| (PathBuf::from("Cargo.lock"), lock)));
            let including = own_crates::include(&read(workspace, "MODULE.bazel")?, &path);
            transaction.file("MODULE.bazel", including);
            (manifest::exclude(&text, &path)?, true)
        }
    };
    transaction.directory(&path, files);
    if new_text != text {
        transaction.file("Cargo.toml", new_text);
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
        operation: "read",
        path,
        source,
    })
}
