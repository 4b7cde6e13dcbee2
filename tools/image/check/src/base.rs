//! The layers of an image that are its base's.

use std::path::PathBuf;

use crate::layout::{layer_digests, Image};
use crate::Error;

/// How many of the image's first layers are those of one of `bases`, OCI layouts; 0 if there are no bases.
///
/// Of an index there is a base for each platform: the one that fits best counts.
pub(crate) fn base_layers(image: &Image, bases: &[PathBuf]) -> Result<usize, Error> {
    let digests: Vec<_> = image
        .layers
        .iter()
        .map(|layer| layer.descriptor.digest.as_str())
        .collect();
    let mut fitting = None;
    for base in bases {
        let below = layer_digests(base, &image.platform())?;
        if digests.starts_with(&below.iter().map(String::as_str).collect::<Vec<_>>()) {
            fitting = fitting.max(Some(below.len()));
        }
    }
    match (fitting, bases) {
        (Some(count), _) => Ok(count),
        (None, []) => Ok(0),
        (None, [base, ..]) => Err(Error::failed(format!(
            "the image's first layers are not those of its base {}; build the image again",
            base.display()
        ))),
    }
}
