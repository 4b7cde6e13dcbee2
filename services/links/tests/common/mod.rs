//! Helpers of several tests.

#![allow(clippy::unwrap_used, missing_docs, unreachable_pub)]

use std::env;
use std::fs;
use std::path::PathBuf;

/// A directory that is removed with the test.
pub struct Directory(pub PathBuf);

impl Directory {
    pub fn new(test: &str) -> Self {
        let path = env::temp_dir().join(format!("links-{test}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub fn database(&self) -> PathBuf {
        self.0.join("links.db")
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).unwrap();
    }
}
