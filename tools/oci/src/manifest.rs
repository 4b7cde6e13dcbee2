//! Image manifests (`manifest.md`).

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::{null_to_default, Descriptor};

/// The manifest of an image.
#[derive(Debug, Deserialize)]
pub struct Manifest {
    /// The blob of [`ImageConfig`](crate::ImageConfig).
    pub config: Descriptor,
    /// The lowest layer first.
    #[serde(default, deserialize_with = "null_to_default")]
    pub layers: Vec<Descriptor>,
    /// Annotations by key.
    #[serde(default, deserialize_with = "null_to_default")]
    pub annotations: BTreeMap<String, String>,
}
