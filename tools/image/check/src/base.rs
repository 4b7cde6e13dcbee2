//! The base of an image.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use oci_layout::{ImageConfig, Layout};
use serde_json::Value;

use crate::image::Image;
use crate::Error;

/// The parts of a base that an image inherits.
#[derive(Default)]
pub(crate) struct Base {
    /// Digests of the layers, the lowest first.
    pub(crate) layers: Vec<String>,
    /// The manifest's.
    pub(crate) annotations: BTreeMap<String, String>,
    /// See [`ImageConfig::other_fields`].
    pub(crate) other_fields: BTreeMap<String, Value>,
}

impl Base {
    /// Finds the base of `image` among layouts: the one with the most layers that the image begins with.
    ///
    /// An index's images have one base per platform, and `candidates` are those of all. Without candidates the base is
    /// empty.
    pub(crate) fn find(image: &Image, candidates: &[PathBuf]) -> Result<Self, Error> {
        let digests: Vec<_> = image
            .layers
            .iter()
            .map(|layer| layer.descriptor.digest.clone())
            .collect();
        let mut found: Option<Self> = None;
        for dir in candidates {
            let base = Self::open(dir, &image.platform())?;
            let is_better = found
                .as_ref()
                .is_none_or(|best| base.layers.len() > best.layers.len());
            if digests.starts_with(&base.layers) && is_better {
                found = Some(base);
            }
        }
        match (found, candidates) {
            (Some(base), _) => Ok(base),
            (None, []) => Ok(Self::default()),
            (None, [first, ..]) => Err(Error::failed(format!(
                "the image does not begin with the layers of its base {}; rebuild the image",
                first.display()
            ))),
        }
    }

    fn open(dir: &Path, platform: &str) -> Result<Self, Error> {
        let mut layout = Layout::open(dir);
        // A single image may be for another platform: it may be the base of another image of the index.
        let entry = layout.entry(None).or_else(|_| layout.entry(Some(platform)))?;
        let (_, manifest) = layout.manifest(entry, Some(platform))?;
        let config: ImageConfig = layout.read_json(&manifest.config)?;
        Ok(Self {
            layers: manifest.layers.into_iter().map(|layer| layer.digest).collect(),
            annotations: manifest.annotations,
            other_fields: config.other_fields(),
        })
    }
}
