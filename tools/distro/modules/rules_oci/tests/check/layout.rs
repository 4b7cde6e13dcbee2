//! Prints the documents of an OCI layout after verifying their digests.

use std::fs;
use std::path::Path;

use serde_json::{json, Value};
use sha2::{Digest, Sha256};

use crate::Result;

/// Prints index.json and every index, manifest and config below it; layers are only verified.
pub fn describe(layout: &Path, digest_file: Option<&Path>) -> Result<String> {
    let version: Value = serde_json::from_slice(&fs::read(layout.join("oci-layout"))?)?;
    if version != json!({"imageLayoutVersion": "1.0.0"}) {
        return Err(format!("unexpected oci-layout {version}").into());
    }
    let index: Value = serde_json::from_slice(&fs::read(layout.join("index.json"))?)?;
    let entries = index["manifests"].as_array().map_or(0, Vec::len);
    if entries != 1 {
        return Err(format!("index.json: expected 1 entry, found {entries}").into());
    }
    let root = &index["manifests"][0];
    if let Some(path) = digest_file {
        let expected = format!("{}\n", root["digest"].as_str().unwrap_or_default());
        let found = fs::read_to_string(path)?;
        if found != expected {
            return Err(format!("{}: expected {expected:?}, found {found:?}", path.display()).into());
        }
    }
    let mut document = describe_blob(layout, root)?;
    document["index.json"] = index;
    Ok(serde_json::to_string_pretty(&document)?)
}

fn describe_blob(layout: &Path, descriptor: &Value) -> Result<Value> {
    let document: Value = serde_json::from_slice(&blob(layout, descriptor)?)?;
    if let Some(entries) = document["manifests"].as_array() {
        let images: Result<Vec<Value>> = entries.iter().map(|entry| describe_blob(layout, entry)).collect();
        return Ok(json!({"images": images?, "index": document}));
    }
    for layer in document["layers"].as_array().into_iter().flatten() {
        blob(layout, layer)?;
    }
    let config: Value = serde_json::from_slice(&blob(layout, &document["config"])?)?;
    Ok(json!({"config": config, "manifest": document}))
}

fn blob(layout: &Path, descriptor: &Value) -> Result<Vec<u8>> {
    let digest = descriptor["digest"]
        .as_str()
        .ok_or("descriptor without a digest")?;
    let path = layout.join("blobs").join(digest.replace(':', "/"));
    let bytes = fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let hex: String = Sha256::digest(&bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    if digest != format!("sha256:{hex}") || descriptor["size"] != json!(bytes.len()) {
        return Err(format!(
            "{}: {} bytes with digest {hex} do not match {descriptor}",
            path.display(),
            bytes.len()
        )
        .into());
    }
    Ok(bytes)
}
