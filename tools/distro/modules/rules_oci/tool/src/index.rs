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
    /// The layouts of images, or of indexes whose entries are taken, in order.
    pub images: Vec<PathBuf>,
}

/// Writes the index's layout and gives the descriptor of the index.
pub fn assemble(spec: &IndexSpec, output: &Path) -> Result<Descriptor> {
    let writer = LayoutWriter::create(output)?;
    let mut entries = vec![];
    for path in &spec.images {
        entries.extend(add_entries(path, &writer).in_attribute("images")?);
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

/// Links what a layout holds, and gives the entries for the index: of an index its own, attestations among them.
fn add_entries(path: &Path, writer: &LayoutWriter) -> Result<Vec<Value>> {
    let layout = Layout::open(path)?;
    let root = layout.root()?;
    let is_index = media_type::is_index(&root.media_type);
    layout.visit(root, &mut |_, blob| match is_index && blob == root {
        true => Ok(()),
        false => writer.link(&blob.digest, &layout.check_size(blob)?),
    })?;
    if is_index {
        let entries = layout.read_index(root)?.manifests;
        return Ok(entries.iter().map(Descriptor::to_value).collect());
    }
    let mut entry = root.to_value();
    let manifest = layout.read_manifest(root)?;
    if media_type::is_config(&manifest.config.media_type) {
        entry["platform"] = layout.read_image(root)?.config.platform();
    }
    Ok(vec![entry])
}
