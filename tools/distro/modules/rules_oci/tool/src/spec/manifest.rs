use super::schema::{Object, MANIFEST};
use super::{descriptors, parse, Descriptor};

/// The manifest of an image, or of an artifact.
#[derive(Clone, Debug, PartialEq)]
pub struct ImageManifest {
    /// The config.
    pub config: Descriptor,
    /// The layers, the lowest first.
    pub layers: Vec<Descriptor>,
    /// The whole document.
    pub document: Object,
}

impl ImageManifest {
    /// Parses a manifest, OCI's or docker's.
    pub fn parse(bytes: &[u8]) -> Result<Self, String> {
        let document = parse(bytes, MANIFEST)?;
        Ok(Self {
            config: Descriptor::from_value(&document["config"])?,
            layers: descriptors(&document["layers"])?,
            document,
        })
    }
}
