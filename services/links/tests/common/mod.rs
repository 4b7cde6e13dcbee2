//! What the tests share.

#![allow(clippy::unwrap_used, missing_docs, unreachable_pub)]

use std::env;
use std::fs;
use std::path::PathBuf;

/// A folder that goes with the test.
pub struct Folder(pub PathBuf);

impl Folder {
    pub fn new(test: &str) -> Self {
        let folder = env::temp_dir().join(format!("links-{test}-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    pub fn database(&self) -> PathBuf {
        self.0.join("links.db")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).unwrap();
    }
}
