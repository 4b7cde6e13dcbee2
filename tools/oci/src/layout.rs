//! The directory: `index.json`, `oci-layout` and `blobs`.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde_json::json;

use crate::{Descriptor, Error, Index, Manifest, INDEX_MEDIA_TYPE};

/// A layout directory.
#[derive(Debug)]
pub struct Layout {
    pub(crate) dir: PathBuf,
    /// Files of the blobs that were read and verified.
    pub(crate) verified: BTreeSet<PathBuf>,
}

impl Layout {
    /// A layout to read. Nothing is read yet.
    pub fn open(dir: &Path) -> Self {
        Self {
            dir: dir.to_owned(),
            verified: BTreeSet::new(),
        }
    }

    /// Creates a layout without entries; [`write_index`](Self::write_index) completes it.
    pub fn create(dir: &Path) -> Result<Self, Error> {
        let layout = Self::open(dir);
        let blobs = layout.blobs_dir();
        fs::create_dir_all(&blobs).map_err(|source| Error::Write { path: blobs, source })?;
        write(&dir.join("oci-layout"), br#"{"imageLayoutVersion":"1.0.0"}"#)?;
        Ok(layout)
    }

    /// The entry of `index.json` for `platform` (`linux/amd64`), or its only entry if there is no platform.
    pub fn entry(&self, platform: Option<&str>) -> Result<Descriptor, Error> {
        let path = self.dir.join("index.json");
        let text = fs::read(&path).map_err(|source| Error::Read {
            path: path.clone(),
            source,
        })?;
        let index: Index = parse(&text, &path.display().to_string())?;
        index.select(platform, &path)
    }

    /// The manifest that `entry` refers to, directly or through indexes, and the manifest's descriptor.
    pub fn manifest(
        &mut self,
        entry: Descriptor,
        platform: Option<&str>,
    ) -> Result<(Descriptor, Manifest), Error> {
        let mut descriptor = entry;
        while descriptor.is_index() {
            let index: Index = self.read_json(&descriptor)?;
            descriptor = index.select(platform, &self.blob_path(&descriptor.digest)?)?;
        }
        let manifest = self.read_json(&descriptor)?;
        Ok((descriptor, manifest))
    }

    /// Writes `index.json`.
    pub fn write_index(&self, manifests: &[Descriptor]) -> Result<(), Error> {
        let index = json!({"schemaVersion": 2, "mediaType": INDEX_MEDIA_TYPE, "manifests": manifests});
        write(&self.dir.join("index.json"), index.to_string().as_bytes())
    }
}

pub(crate) fn write(path: &Path, content: &[u8]) -> Result<(), Error> {
    fs::write(path, content).map_err(|source| Error::Write {
        path: path.to_owned(),
        source,
    })
}

pub(crate) fn parse<T: DeserializeOwned>(text: &[u8], document: &str) -> Result<T, Error> {
    serde_json::from_slice(text).map_err(|source| Error::Document {
        document: document.to_owned(),
        source,
    })
}
