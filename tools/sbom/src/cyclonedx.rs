//! `CycloneDX` 1.6, in JSON: <https://cyclonedx.org/docs/1.6/json/>.

use serde_json::{json, Value};

use crate::bom::{sha256, Bom, Part};
use crate::files;

/// The SBOM without a time, and with a serial number that follows from its content: the same image, the same bytes.
pub(crate) fn document(bom: &Bom) -> Value {
    let components: Vec<_> = bom
        .crates
        .iter()
        .chain(&bom.packages)
        .map(|part| component(part, "library"))
        .collect();
    let dependencies: Vec<_> = bom
        .parts()
        .map(|part| json!({"ref": part.purl, "dependsOn": part.deps}))
        .collect();
    let mut document = json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": component(&bom.root, "application")},
        "components": components,
        "dependencies": dependencies,
    });
    let serial_number = serial_number(&document);
    files::set(&mut document, "serialNumber", json!(serial_number));
    document
}

fn component(part: &Part, kind: &str) -> Value {
    let mut component = json!({
        "type": kind,
        "bom-ref": part.purl,
        "name": part.name,
        "version": part.version,
        "purl": part.purl,
    });
    if let Some(checksum) = &part.checksum {
        files::set(
            &mut component,
            "hashes",
            json!([{"alg": "SHA-256", "content": checksum}]),
        );
    }
    if let Some(license) = &part.license {
        files::set(&mut component, "licenses", json!([{ "expression": license }]));
    }
    component
}

/// A UUID of version 8 (RFC 9562), which is for values of one's own.
fn serial_number(document: &Value) -> String {
    let hash = sha256(document.to_string().as_bytes());
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
