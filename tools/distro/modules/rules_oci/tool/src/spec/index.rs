use super::schema::INDEX;
use super::{descriptors, parse, Descriptor};

/// An image index, or docker's manifest list.
#[derive(Clone, Debug, PartialEq)]
pub struct ImageIndex {
    /// The entries: manifests and indexes.
    pub manifests: Vec<Descriptor>,
}

impl ImageIndex {
    /// Parses an image index.
    pub fn parse(bytes: &[u8]) -> Result<Self, String> {
        let document = parse(bytes, INDEX)?;
        Ok(Self {
            manifests: descriptors(&document["manifests"])?,
        })
    }
}
