//! Assembles an image index: several images, one for each platform, under one digest.

use std::path::{Path, PathBuf};

use serde_json::{json, Value};

use crate::error::{Located, Result};
use crate::layout::{Image, Layout};
use crate::spec::{media_type, Descriptor};
use crate::writer::LayoutWriter;

/// What an index is made of.
#[derive(Debug, Default)]
pub struct IndexSpec {
    /// The layouts of the images, in order.
    pub images: Vec<PathBuf>,
}

/// Writes the index's layout and gives the descriptor of the index.
pub fn assemble(spec: &IndexSpec, output: &Path) -> Result<Descriptor> {
    let writer = LayoutWriter::create(output)?;
    let mut entries = vec![];
    for path in &spec.images {
        entries.push(add_image(path, &writer).in_attribute("images")?);
    }
    let index = json!({
        "schemaVersion": 2,
        "mediaType": media_type::INDEX,
        "manifests": entries,
    });
    let descriptor = writer.write(media_type::INDEX, index.to_string().as_bytes())?;
    writer.finish(&descriptor.to_value())?;
    Ok(descriptor)
}

fn add_image(path: &Path, writer: &LayoutWriter) -> Result<Value> {
    let layout = Layout::open(path)?;
    let Image {
        descriptor,
        manifest,
        config,
    } = layout.image()?;
    let blobs = [&descriptor, &manifest.config];
    for blob in blobs.into_iter().chain(&manifest.layers) {
        writer.link(&blob.digest, &layout.check_size(blob)?)?;
    }
    let mut entry = descriptor.to_value();
    entry["platform"] = config.platform();
    Ok(entry)
}
