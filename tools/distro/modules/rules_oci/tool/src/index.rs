//! Assembles an image index: several images, one for each platform, under one digest.

use std::path::{Path, PathBuf};

use serde_json::{json, Value};

use crate::error::{Located, Result};
use crate::layout::Layout;
use crate::spec::{media_type, Descriptor};
use crate::writer::LayoutWriter;

/// What an index is made of.
#[derive(Debug, Default)]
pub struct IndexSpec {
    /// The layouts of images or artifacts, in order. An index is refused, as rules_oci does.
    pub images: Vec<PathBuf>,
}

/// Writes the index's layout and gives the descriptor of the index.
pub fn assemble(spec: &IndexSpec, output: &Path) -> Result<Descriptor> {
    let writer = LayoutWriter::create(output)?;
    let mut entries = vec![];
    for path in &spec.images {
        entries.push(add_entry(path, &writer).in_attribute("images")?);
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

/// Links what a layout holds, and gives its entry for the index.
fn add_entry(path: &Path, writer: &LayoutWriter) -> Result<Value> {
    let layout = Layout::open(path)?;
    let root = layout.manifest_root()?;
    layout.visit(root, &mut |_, blob| {
        writer.link(&blob.digest, &layout.check_size(blob)?)
    })?;
    let mut entry = root.to_value();
    let manifest = layout.read_manifest(root)?;
    if media_type::is_config(&manifest.config.media_type) {
        entry["platform"] = layout.read_image(root)?.config.platform();
    }
    Ok(entry)
}
