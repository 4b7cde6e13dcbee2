//! `CycloneDX` 1.6, in JSON: <https://cyclonedx.org/docs/1.6/json/>.

use oci_layout::sha256_hex;
use serde_json::{json, Value};

use crate::bom::{Bom, Component};
use crate::files;

/// The SBOM. It is reproducible: it has no timestamp, and its serial number is derived from its content.
pub(crate) fn document(bom: &Bom) -> Value {
    let components: Vec<_> = bom
        .crates
        .iter()
        .chain(&bom.packages)
        .map(|it| to_json(it, "library"))
        .collect();
    let dependencies: Vec<_> = bom
        .components()
        .map(|it| json!({"ref": it.purl, "dependsOn": it.deps}))
        .collect();
    let mut document = json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": to_json(&bom.root, "application")},
        "components": components,
        "dependencies": dependencies,
    });
    let serial_number = serial_number(&document);
    files::set(&mut document, "serialNumber", json!(serial_number));
    document
}

fn to_json(component: &Component, kind: &str) -> Value {
    let mut document = json!({
        "type": kind,
        "bom-ref": component.purl,
        "name": component.name,
        "version": component.version,
        "purl": component.purl,
    });
    if let Some(checksum) = &component.checksum {
        files::set(
            &mut document,
            "hashes",
            json!([{"alg": "SHA-256", "content": checksum}]),
        );
    }
    if let Some(license) = &component.license {
        files::set(&mut document, "licenses", json!([{ "expression": license }]));
    }
    document
}

/// A UUID of version 8 (RFC 9562, custom format).
fn serial_number(document: &Value) -> String {
    let hash = sha256_hex(document.to_string().as_bytes());
    let part = |from, to| hash.get(from..to).unwrap_or_default().to_owned();
    format!(
        "urn:uuid:{}-{}-8{}-8{}-{}",
        part(0, 8),
        part(8, 12),
        part(13, 16),
        part(17, 20),
        part(20, 32)
    )
}
