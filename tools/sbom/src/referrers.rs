//! The SBOMs as artifacts that refer to an image (OCI 1.1), in a layout that any program that pushes images can push.
//!
//! The layout's one entry is an index of the artifacts: pushed under the tag that [`tag`] gives, it is what clients of a
//! registry without the referrers API look for (the "referrers tag schema" of the distribution specification).

use std::path::Path;

use serde::Deserialize;
use serde_json::{json, Value};

use crate::bom::sha256;
use crate::{files, Error};

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const EMPTY: &str = "application/vnd.oci.empty.v1+json";

/// The SBOMs' files, and what they are.
pub(crate) const CYCLONEDX: (&str, &str) = ("sbom.cdx.json", "application/vnd.cyclonedx+json");
pub(crate) const SPDX: (&str, &str) = ("sbom.spdx.json", "application/spdx+json");

#[derive(Deserialize)]
struct Index {
    manifests: Vec<Value>,
}

/// Writes the layout of the artifacts of the image in `image`; gives the tag to push it under.
pub(crate) fn write(image: &Path, sbom: &Path, output: &Path) -> Result<String, Error> {
    let index_file = image.join("index.json");
    let index: Index = files::json(&index_file)?;
    let [subject] = index.manifests.as_slice() else {
        return Err(files::content(
            &index_file,
            format!("it lists {} images; give a layout of one", index.manifests.len()),
        ));
    };
    let subject = json!({
        "mediaType": subject.get("mediaType"),
        "digest": subject.get("digest"),
        "size": subject.get("size"),
    });
    let tag = tag(&subject).ok_or_else(|| files::content(&index_file, "its image has no digest"))?;

    files::make_dir(&output.join("blobs/sha256"))?;
    let config = blob(output, EMPTY, b"{}")?;
    let mut manifests = Vec::new();
    for (name, kind) in [CYCLONEDX, SPDX] {
        let mut layer = blob(output, kind, &files::read(&sbom.join(name))?)?;
        files::set(
            &mut layer,
            "annotations",
            json!({"org.opencontainers.image.title": name}),
        );
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "artifactType": kind,
            "config": config,
            "layers": [layer],
            "subject": subject,
        });
        let mut manifest = blob(output, MANIFEST, manifest.to_string().as_bytes())?;
        files::set(&mut manifest, "artifactType", json!(kind));
        manifests.push(manifest);
    }
    let index = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": manifests});
    let entry = blob(output, INDEX, index.to_string().as_bytes())?;
    let index = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": [entry]});
    files::write(&output.join("index.json"), index.to_string())?;
    files::write(&output.join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#)?;
    Ok(tag)
}

/// `sha256-<hex>` of the image's digest.
fn tag(subject: &Value) -> Option<String> {
    Some(subject.get("digest")?.as_str()?.replacen(':', "-", 1))
}

fn blob(layout: &Path, media_type: &str, content: &[u8]) -> Result<Value, Error> {
    let hex = sha256(content);
    files::write(&layout.join("blobs/sha256").join(&hex), content)?;
    Ok(json!({"mediaType": media_type, "digest": format!("sha256:{hex}"), "size": content.len()}))
}
