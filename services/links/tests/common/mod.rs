//! The database file of a test.

#![allow(unreachable_pub)]

use std::path::PathBuf;

use tempfile::TempDir;

pub fn database(directory: &TempDir) -> PathBuf {
    directory.path().join("links.db")
}
