//! Assembles an image index.

use std::path::{Path, PathBuf};

use serde_json::{json, Value};

use crate::error::{LocationContext, Result};
use crate::layout::Layout;
use crate::spec::{media_type, Descriptor};
use crate::writer::LayoutWriter;

/// The attributes of an index.
#[derive(Debug, Default)]
pub struct IndexSpec {
    /// The layouts of images or artifacts, in order. An index is rejected, as in rules_oci.
    pub images: Vec<PathBuf>,
}

/// Writes the index's layout and returns the descriptor of the index.
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

/// Links the blobs of a layout and returns its entry in the index.
fn add_entry(path: &Path, writer: &LayoutWriter) -> Result<Value> {
    let layout = Layout::open(path)?;
    let root = layout.manifest_root()?;
    layout.visit(root, &mut |_, blob| {
        writer.link(&blob.digest, &layout.check_size(blob)?)
    })?;
    let mut entry = root.to_value();
    let manifest = layout.read_manifest(root)?;
    if media_type::is_config(&manifest.config.media_type) {
        let platform = layout.read_image(root)?.config.platform();
        let path = layout.blob_path(&manifest.config.digest);
        entry["platform"] = platform.map_err(|problem| problem.at(path))?;
    }
    Ok(entry)
}
