//! Writes an OCI image layout.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use serde_json::{json, Value};

use crate::digest;
use crate::error::{IoContext, Result};
use crate::link;
use crate::spec::{media_type, Descriptor, Digest};

/// A layout that is being written. Without `finish` it is removed.
pub struct LayoutWriter {
    path: PathBuf,
    blobs: PathBuf,
    /// Whether all of the layout is from here, and not complete.
    is_temporary: bool,
}

impl LayoutWriter {
    /// Starts a layout in a directory, which is made if need be.
    pub fn create(path: &Path) -> Result<Self> {
        let is_temporary = !path.join("blobs").exists();
        let blobs = path.join("blobs").join("sha256");
        fs::create_dir_all(&blobs).doing("creating the directory", &blobs)?;
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
        fs::write(&path, bytes).doing("writing", &path)?;
        Ok(Descriptor::new(media_type, bytes.len() as u64, digest))
    }

    /// Refers to a blob that lies elsewhere, by a relative link.
    pub fn link(&self, digest: &Digest, target: &Path) -> Result<()> {
        let directory = self.path.join("blobs").join(digest.algorithm());
        let path = directory.join(digest.encoded());
        if fs::symlink_metadata(&path).is_ok() {
            return Ok(());
        }
        fs::create_dir_all(&directory).doing("creating the directory", &directory)?;
        symlink(link::relative(&directory, target), &path).doing("linking", &path)
    }

    /// Writes the index, with one entry, and the layout's mark.
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
        fs::write(&path, value.to_string()).doing("writing", &path)
    }
}

impl Drop for LayoutWriter {
    fn drop(&mut self) {
        if !self.is_temporary {
            return;
        }
        // The directory itself stays: Bazel makes it before the action runs.
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
    fn earlier_layout_stays() {
        let scratch = Scratch::new();
        let path = scratch.path().join("layout");
        let writer = LayoutWriter::create(&path).unwrap();
        let entry = writer.write("text/plain", b"blob").unwrap();
        writer.finish(&entry.to_value()).unwrap();
        drop(LayoutWriter::create(&path).unwrap());
        assert!(path.join("index.json").exists() && path.join("blobs").exists());
    }
}
