//! The cache of a workspace's hashes.

use std::collections::HashSet;
use std::env;
use std::fs::{self, File};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use sha2::{Digest as _, Sha256};

use crate::cli::Options;
use crate::digest::{hash_field, hex, Digest};
use crate::Error;

/// Incremented when the input of the hashes changes.
const FORMAT: &str = "3";
const MAX_REVISIONS: usize = 20;

/// A directory of the user's cache, locked.
#[derive(Debug)]
pub(crate) struct Cache {
    directory: PathBuf,
    _lock: File,
}

impl Cache {
    pub(crate) fn open(workspace: &Path) -> Result<Self, Error> {
        let home = || env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache"));
        let cache = env::var_os("XDG_CACHE_HOME")
            .filter(|path| !path.is_empty())
            .map(PathBuf::from)
            .or_else(home);
        let cache = cache.ok_or_else(|| Error::Usage("neither HOME nor XDG_CACHE_HOME is set".to_owned()))?;
        let name = hex(&Sha256::digest(workspace.as_os_str().as_bytes()).into());
        let directory = cache
            .join("thimble/affected")
            .join(name.get(..16).unwrap_or(&name));
        fs::create_dir_all(&directory).map_err(Error::file("create", &directory))?;
        let path = directory.join("lock");
        let lock = File::create(&path).map_err(Error::file("write", &path))?;
        lock.lock().map_err(Error::file("lock", &path))?;
        Ok(Self {
            directory,
            _lock: lock,
        })
    }

    /// The file with the digests of files.
    pub(crate) fn contents_file(&self) -> PathBuf {
        self.directory.join("contents")
    }

    /// The file that Bazel writes the graph to.
    pub(crate) fn graph_file(&self) -> PathBuf {
        self.directory.join("graph")
    }

    /// The directory of the worktree, a fixed one, so that Bazel reuses one output base.
    pub(crate) fn worktree(&self) -> PathBuf {
        self.directory.join("tree")
    }

    /// Returns the hashes stored under a key.
    pub(crate) fn hashes(&self, key: &str) -> Option<HashSet<Digest>> {
        let bytes = fs::read(self.revision_file(key)).ok()?;
        let (digests, []) = bytes.as_chunks::<32>() else {
            return None;
        };
        Some(digests.iter().copied().collect())
    }

    /// Stores hashes and removes the oldest ones.
    pub(crate) fn store(&self, key: &str, hashes: &HashSet<Digest>) -> Result<(), Error> {
        let (file, new) = (self.revision_file(key), self.directory.join("new"));
        let bytes: Vec<u8> = hashes.iter().flatten().copied().collect();
        fs::write(&new, bytes)
            .and_then(|()| fs::rename(&new, &file))
            .map_err(Error::file("write", &file))?;
        let mut kept: Vec<(SystemTime, PathBuf)> = fs::read_dir(&self.directory)
            .map_err(Error::file("list", &self.directory))?
            .filter_map(Result::ok)
            .filter(|entry| entry.file_name().as_bytes().starts_with(b"revision-"))
            .filter_map(|entry| Some((entry.metadata().ok()?.modified().ok()?, entry.path())))
            .collect();
        kept.sort();
        for (_, old) in kept.iter().rev().skip(MAX_REVISIONS) {
            let _ = fs::remove_file(old);
        }
        Ok(())
    }

    fn revision_file(&self, key: &str) -> PathBuf {
        self.directory.join(format!("revision-{key}"))
    }
}

/// Returns a digest of the inputs that determine a commit's hashes on this machine.
pub(crate) fn key(options: &Options, commit: &str) -> String {
    let mut hasher = Sha256::new();
    for text in [
        FORMAT,
        commit,
        &options.bazel,
        options.scope.directory(),
        &options.configs.join(" "),
    ] {
        hash_field(&mut hasher, text.as_bytes());
    }
    let home = env::var_os("HOME").map(PathBuf::from).unwrap_or_default();
    for file in [options.workspace.join("user.bazelrc"), home.join(".bazelrc")] {
        hash_field(&mut hasher, &fs::read(file).unwrap_or_default());
    }
    hex(&hasher.finalize().into())
}
