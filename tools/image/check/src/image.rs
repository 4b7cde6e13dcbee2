//! An image of a layout with its layers decompressed, every blob verified.

use std::collections::BTreeMap;
use std::path::Path;

use oci_layout::{digest, Descriptor, ImageConfig, Layout};

use crate::compression::{unpack, Compression, Unpacked};
use crate::tar::TarEntry;
use crate::Error;

pub(crate) struct Layer {
    pub(crate) descriptor: Descriptor,
    pub(crate) tar: Vec<u8>,
    /// In the order of the archive.
    pub(crate) entries: Vec<TarEntry>,
}

impl Layer {
    pub(crate) fn is_compressed(&self) -> bool {
        is_compressed(&self.descriptor)
    }
}

/// One image of a layout.
pub(crate) struct Image {
    pub(crate) digest: String,
    pub(crate) config: ImageConfig,
    /// The manifest's.
    pub(crate) annotations: BTreeMap<String, String>,
    /// The lowest first.
    pub(crate) layers: Vec<Layer>,
}

impl Image {
    /// `os/architecture`, as in `linux/amd64`.
    pub(crate) fn platform(&self) -> String {
        format!("{}/{}", self.config.os, self.config.architecture)
    }

    /// The platform with the CPU's variant, if the config has one, as in `linux/arm64/v8`.
    pub(crate) fn full_platform(&self) -> String {
        let variant = &self.config.variant;
        let separator = if variant.is_empty() { "" } else { "/" };
        format!("{}{separator}{variant}", self.platform())
    }

    /// Reads the image for `platform` (`linux/amd64`), or the only image of the layout.
    pub(crate) fn open(dir: &Path, platform: Option<&str>) -> Result<Self, Error> {
        let mut layout = Layout::open(dir);
        let (descriptor, manifest) = layout.manifest(layout.entry(platform)?, platform)?;
        let config: ImageConfig = layout.read_json(&manifest.config)?;
        let diff_ids = &config.rootfs.diff_ids;
        if diff_ids.len() != manifest.layers.len() {
            return Err(Error::failed(format!(
                "{}: the config lists {} diff_ids, the manifest {} layers; rebuild the image",
                dir.display(),
                diff_ids.len(),
                manifest.layers.len()
            )));
        }
        let mut layers = Vec::new();
        for (descriptor, diff_id) in manifest.layers.into_iter().zip(diff_ids) {
            layers.push(read_layer(&mut layout, descriptor, diff_id)?);
        }
        layout.verify_unread_blobs()?;
        Ok(Self {
            digest: descriptor.digest,
            config,
            annotations: manifest.annotations,
            layers,
        })
    }
}

fn is_compressed(layer: &Descriptor) -> bool {
    !matches!(Compression::of(&layer.media_type), Some(Compression::None))
}

fn read_layer(layout: &mut Layout, descriptor: Descriptor, diff_id: &str) -> Result<Layer, Error> {
    let blob = layout.read_blob(&descriptor)?;
    let unpacked = unpack(&descriptor.media_type, blob).map_err(|error| {
        Error::failed(format!(
            "layer {} ({}): {error}; rebuild the image",
            descriptor.digest, descriptor.media_type
        ))
    });
    let Unpacked { tar, entries } = unpacked?;
    let found = if is_compressed(&descriptor) {
        digest(&tar)
    } else {
        descriptor.digest.clone()
    };
    if found != *diff_id {
        return Err(Error::failed(format!(
            "layer {}: its content has the digest {found}, the config's diff_id is {diff_id}; rebuild the image",
            descriptor.digest
        )));
    }
    Ok(Layer {
        descriptor,
        tar,
        entries,
    })
}
