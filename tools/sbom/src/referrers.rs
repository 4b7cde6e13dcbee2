//! SBOMs as artifacts that refer to an image (OCI 1.1), in a layout for any program that pushes images.
//!
//! The layout's only entry is an index of the artifacts. Pushed under the tag that [`write`] returns, it is the index that
//! clients of a registry without the referrers API look up (the "referrers tag schema" of the distribution specification).

use std::path::Path;

use oci_layout::{Descriptor, Layout, EMPTY_MEDIA_TYPE, INDEX_MEDIA_TYPE, MANIFEST_MEDIA_TYPE};
use serde_json::json;

use crate::{files, Error};

pub(crate) struct Document {
    pub(crate) file_name: &'static str,
    pub(crate) media_type: &'static str,
}

pub(crate) const CYCLONEDX: Document = Document {
    file_name: "sbom.cdx.json",
    media_type: "application/vnd.cyclonedx+json",
};
pub(crate) const SPDX: Document = Document {
    file_name: "sbom.spdx.json",
    media_type: "application/spdx+json",
};

/// Writes the layout of the artifacts of the image in `image`; returns the tag to push it under.
pub(crate) fn write(image: &Path, sbom: &Path, output: &Path) -> Result<String, Error> {
    let entry = Layout::open(image).entry(None)?;
    let tag = entry.digest.replacen(':', "-", 1);
    let subject = Descriptor {
        media_type: entry.media_type,
        digest: entry.digest,
        size: entry.size,
        ..Descriptor::default()
    };

    let layout = Layout::create(output)?;
    let config = layout.write_blob(EMPTY_MEDIA_TYPE, b"{}")?;
    let mut manifests = Vec::new();
    for document in [CYCLONEDX, SPDX] {
        let content = files::read(&sbom.join(document.file_name))?;
        let mut layer = layout.write_blob(document.media_type, &content)?;
        layer.annotations.insert(
            "org.opencontainers.image.title".to_owned(),
            document.file_name.to_owned(),
        );
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": MANIFEST_MEDIA_TYPE,
            "artifactType": document.media_type,
            "config": config,
            "layers": [layer],
            "subject": subject,
        });
        let manifest = layout.write_blob(MANIFEST_MEDIA_TYPE, manifest.to_string().as_bytes())?;
        manifests.push(Descriptor {
            artifact_type: Some(document.media_type.to_owned()),
            ..manifest
        });
    }
    let index = json!({"schemaVersion": 2, "mediaType": INDEX_MEDIA_TYPE, "manifests": manifests});
    let entry = layout.write_blob(INDEX_MEDIA_TYPE, index.to_string().as_bytes())?;
    layout.write_index(&[entry])?;
    Ok(tag)
}
