//! Writes an OCI image layout.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use serde_json::{json, Value};

use crate::digest;
use crate::error::{IoContext, Result};
use crate::link;
use crate::spec::{media_type, Descriptor, Digest};

/// A layout in progress. It is removed on drop unless `finish` was called.
pub struct LayoutWriter {
    path: PathBuf,
    blobs: PathBuf,
    /// Whether to remove the layout on drop: this writer created it and has not finished it.
    is_temporary: bool,
}

impl LayoutWriter {
    /// Starts a layout in a directory, which is created if it does not exist.
    pub fn create(path: &Path) -> Result<Self> {
        let is_temporary = !path.join("blobs").exists();
        let blobs = path.join("blobs").join("sha256");
        fs::create_dir_all(&blobs).context("creating the directory", &blobs)?;
        Ok(Self {
            path: path.to_owned(),
            blobs,
            is_temporary,
        })
    }

    /// Writes a blob.
    pub fn write(&self, media_type: &str, bytes: &[u8]) -> Result<Descriptor> {
        let digest = digest::of_bytes(bytes);
        let path = self.blobs.join(digest.encoded());
        fs::write(&path, bytes).context("writing", &path)?;
        Ok(Descriptor::new(media_type, bytes.len() as u64, digest))
    }

    /// Adds a blob as a relative symbolic link to `target`.
    pub fn link(&self, digest: &Digest, target: &Path) -> Result<()> {
        let directory = self.path.join("blobs").join(digest.algorithm());
        let path = directory.join(digest.encoded());
        if fs::symlink_metadata(&path).is_ok() {
            return Ok(());
        }
        fs::create_dir_all(&directory).context("creating the directory", &directory)?;
        symlink(link::relative(&directory, target), &path).context("linking", &path)
    }

    /// Writes `index.json`, with one entry, and `oci-layout`.
    pub fn finish(mut self, entry: &Value) -> Result<()> {
        let index = json!({
            "schemaVersion": 2,
            "mediaType": media_type::INDEX,
            "manifests": [entry],
        });
        self.put("index.json", &index)?;
        self.put("oci-layout", &json!({"imageLayoutVersion": "1.0.0"}))?;
        self.is_temporary = false;
        Ok(())
    }

    fn put(&self, name: &str, value: &Value) -> Result<()> {
        let path = self.path.join(name);
        fs::write(&path, value.to_string()).context("writing", &path)
    }
}

impl Drop for LayoutWriter {
    fn drop(&mut self) {
        if !self.is_temporary {
            return;
        }
        // The directory remains: Bazel creates it before the action runs.
        let _ = fs::remove_dir_all(self.path.join("blobs"));
        for name in ["index.json", "oci-layout"] {
            let _ = fs::remove_file(self.path.join(name));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scratch::Scratch;

    #[test]
    fn unfinished_layout_is_removed() {
        let scratch = Scratch::new();
        let path = scratch.path().join("layout");
        let writer = LayoutWriter::create(&path).unwrap();
        writer.write("text/plain", b"blob").unwrap();
        drop(writer);
        assert_eq!(fs::read_dir(&path).unwrap().count(), 0);
    }

    #[test]
    fn keeps_existing_layout() {
        let scratch = Scratch::new();
        let path = scratch.path().join("layout");
        let writer = LayoutWriter::create(&path).unwrap();
        let entry = writer.write("text/plain", b"blob").unwrap();
        writer.finish(&entry.to_value()).unwrap();
        drop(LayoutWriter::create(&path).unwrap());
        assert!(path.join("index.json").exists() && path.join("blobs").exists());
    }
}
