//! The blobs of a layout.

use std::fs;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;

use crate::digest::hex_part;
use crate::layout::{parse, write};
use crate::{digest, Descriptor, Error, Layout};

impl Layout {
    /// The file of the blob with this digest.
    pub fn blob_path(&self, digest: &str) -> Result<PathBuf, Error> {
        match hex_part(digest) {
            Some(hex) => Ok(self.blobs_dir().join(hex)),
            None => Err(Error::Digest {
                layout: self.dir.clone(),
                digest: digest.to_owned(),
            }),
        }
    }

    /// Reads a blob and compares its size and digest with the descriptor.
    pub fn read_blob(&mut self, descriptor: &Descriptor) -> Result<Vec<u8>, Error> {
        let path = self.blob_path(&descriptor.digest)?;
        let content = fs::read(&path).map_err(|source| Error::MissingBlob {
            digest: descriptor.digest.clone(),
            path: path.clone(),
            source,
        })?;
        let found = content.len() as u64;
        if found != descriptor.size {
            return Err(Error::BlobSize {
                digest: descriptor.digest.clone(),
                path,
                expected: descriptor.size,
                found,
            });
        }
        verify(&path, &descriptor.digest, &content)?;
        self.verified.insert(path);
        Ok(content)
    }

    /// Reads and verifies a blob that is a JSON document.
    pub fn read_json<T: DeserializeOwned>(&mut self, descriptor: &Descriptor) -> Result<T, Error> {
        parse(&self.read_blob(descriptor)?, &descriptor.digest)
    }

    /// Verifies the blobs that were not read: files that nothing refers to are part of the layout, too.
    pub fn verify_unread_blobs(&self) -> Result<(), Error> {
        let Ok(entries) = fs::read_dir(self.blobs_dir()) else {
            return Ok(());
        };
        let paths = entries.flatten().map(|entry| entry.path());
        for path in paths.filter(|path| !self.verified.contains(path)) {
            let content = fs::read(&path).map_err(|source| Error::Read {
                path: path.clone(),
                source,
            })?;
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            verify(&path, &format!("sha256:{name}"), &content)?;
        }
        Ok(())
    }

    /// Writes a blob and returns its descriptor.
    pub fn write_blob(&self, media_type: &str, content: &[u8]) -> Result<Descriptor, Error> {
        let descriptor = Descriptor::of(media_type, content);
        write(&self.blob_path(&descriptor.digest)?, content)?;
        Ok(descriptor)
    }

    pub(crate) fn blobs_dir(&self) -> PathBuf {
        self.dir.join("blobs/sha256")
    }
}

fn verify(path: &Path, expected: &str, content: &[u8]) -> Result<(), Error> {
    let found = digest(content);
    if found == expected {
        return Ok(());
    }
    Err(Error::BlobDigest {
        digest: expected.to_owned(),
        path: path.to_owned(),
        found,
    })
}
