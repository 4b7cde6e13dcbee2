//! The part of an image that is its base's.

use std::path::PathBuf;

use crate::layout::{Image, Outline};
use crate::Error;

/// The one of `bases`, OCI layouts, that the image stands on; an empty one if there are no bases.
///
/// Of an index there is a base for each platform: the one that fits best counts.
pub(crate) fn base_of(image: &Image, bases: &[PathBuf]) -> Result<Outline, Error> {
    let digests: Vec<_> = image
        .layers
        .iter()
        .map(|layer| layer.descriptor.digest.clone())
        .collect();
    let mut fitting: Option<Outline> = None;
    for base in bases {
        let base = Outline::open(base, &image.platform())?;
        let better = fitting
            .as_ref()
            .is_none_or(|best| base.layers.len() > best.layers.len());
        if digests.starts_with(&base.layers) && better {
            fitting = Some(base);
        }
    }
    match (fitting, bases) {
        (Some(base), _) => Ok(base),
        (None, []) => Ok(Outline::default()),
        (None, [base, ..]) => Err(Error::failed(format!(
            "the image's first layers are not those of its base {}; build the image again",
            base.display()
        ))),
    }
}
