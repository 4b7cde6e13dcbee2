//! The blobs of a layout, none of them trusted.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use crate::layout::Descriptor;
use crate::Error;

/// Reads blobs and remembers which.
pub(crate) struct Blobs {
    dir: PathBuf,
    seen: BTreeSet<PathBuf>,
}

impl Blobs {
    pub(crate) fn new(dir: &Path) -> Self {
        Self {
            dir: dir.to_owned(),
            seen: BTreeSet::new(),
        }
    }

    pub(crate) fn path(&self, digest: &str) -> Result<PathBuf, Error> {
        let hex = digest.strip_prefix("sha256:").filter(|hex| {
            hex.len() == 64
                && hex
                    .bytes()
                    .all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
        });
        match hex {
            Some(hex) => Ok(self.dir.join("blobs/sha256").join(hex)),
            None => Err(Error::failed(format!(
                "{}: digest {digest:?} is not sha256:<64 hex digits>",
                self.dir.display()
            ))),
        }
    }

    pub(crate) fn read(&mut self, descriptor: &Descriptor) -> Result<Vec<u8>, Error> {
        let path = self.path(&descriptor.digest)?;
        let bytes = fs::read(&path).map_err(|error| {
            Error::failed(format!(
                "blob {}: cannot read {}: {error}; rebuild the image",
                descriptor.digest,
                path.display()
            ))
        })?;
        let size = bytes.len() as u64;
        if size != descriptor.size {
            return Err(Error::failed(format!(
                "blob {}: {size} bytes in {}, its descriptor says {}; rebuild the image",
                descriptor.digest,
                path.display(),
                descriptor.size
            )));
        }
        verify(&path, &descriptor.digest, &bytes)?;
        self.seen.insert(path);
        Ok(bytes)
    }

    pub(crate) fn json<T: DeserializeOwned>(&mut self, descriptor: &Descriptor) -> Result<T, Error> {
        parse(&self.read(descriptor)?, &descriptor.digest)
    }

    /// What the image does not refer to is still in the directory, and so shipped.
    pub(crate) fn verify_rest(&self) -> Result<(), Error> {
        let Ok(directory) = fs::read_dir(self.dir.join("blobs/sha256")) else {
            return Ok(());
        };
        for path in directory
            .flatten()
            .map(|entry| entry.path())
            .filter(|path| !self.seen.contains(path))
        {
            let bytes = fs::read(&path).map_err(|source| Error::Read {
                path: path.clone(),
                source,
            })?;
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            verify(&path, &format!("sha256:{name}"), &bytes)?;
        }
        Ok(())
    }
}

fn verify(path: &Path, digest: &str, bytes: &[u8]) -> Result<(), Error> {
    let found = sha256(bytes);
    if found == digest {
        return Ok(());
    }
    Err(Error::failed(format!(
        "blob {digest}: what {} holds is {found}; rebuild the image",
        path.display()
    )))
}

pub(crate) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .fold("sha256:".to_owned(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
}

pub(crate) fn parse<T: DeserializeOwned>(bytes: &[u8], what: &str) -> Result<T, Error> {
    serde_json::from_slice(bytes)
        .map_err(|error| Error::failed(format!("{what}: not the JSON of its kind: {error}")))
}
