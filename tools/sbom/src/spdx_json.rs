//! SPDX 2.3, in JSON: <https://spdx.github.io/spdx-spec/v2.3/>.

use std::collections::BTreeMap;

use oci_layout::sha256_hex;
use serde_json::{json, Value};

use crate::bom::{Bom, Component};
use crate::files;

const DOCUMENT: &str = "SPDXRef-DOCUMENT";
const UNKNOWN: &str = "NOASSERTION";

/// The SBOM. It is reproducible: it is dated 1970, and its namespace is derived from its content.
pub(crate) fn document(bom: &Bom) -> Value {
    let ids: BTreeMap<&str, String> = bom
        .components()
        .map(|it| (it.purl.as_str(), format!("SPDXRef-{}", identifier(&it.purl))))
        .collect();
    let id = |purl: &str| ids.get(purl).cloned().unwrap_or_default();
    let root = id(&bom.root.purl);
    let mut packages = vec![package(&bom.root, &root, "CONTAINER")];
    packages.extend(
        bom.crates
            .iter()
            .chain(&bom.packages)
            .map(|it| package(it, &id(&it.purl), "LIBRARY")),
    );
    let mut relationships = vec![relationship(DOCUMENT, "DESCRIBES", &root)];
    for component in bom.components() {
        let from = id(&component.purl);
        relationships.extend(
            component
                .deps
                .iter()
                .map(|dep| relationship(&from, "DEPENDS_ON", &id(dep))),
        );
    }
    relationships.extend(
        bom.packages
            .iter()
            .map(|it| relationship(&root, "CONTAINS", &id(&it.purl))),
    );
    let mut document = json!({
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": DOCUMENT,
        "name": bom.root.name,
        "creationInfo": {"created": "1970-01-01T00:00:00Z", "creators": ["Tool: thimble-sbom"]},
        "packages": packages,
        "relationships": relationships,
    });
    let hash = sha256_hex(document.to_string().as_bytes());
    files::set(
        &mut document,
        "documentNamespace",
        json!(format!("https://thimble.invalid/sbom/{}/{hash}", bom.root.name)),
    );
    document
}

fn package(component: &Component, id: &str, purpose: &str) -> Value {
    let mut package = json!({
        "SPDXID": id,
        "name": component.name,
        "versionInfo": component.version,
        "downloadLocation": UNKNOWN,
        "filesAnalyzed": false,
        "licenseConcluded": UNKNOWN,
        "licenseDeclared": component.license.as_deref().unwrap_or(UNKNOWN),
        "copyrightText": UNKNOWN,
        "primaryPackagePurpose": purpose,
        "externalRefs": [{
            "referenceCategory": "PACKAGE-MANAGER",
            "referenceType": "purl",
            "referenceLocator": component.purl,
        }],
    });
    if let Some(checksum) = &component.checksum {
        files::set(
            &mut package,
            "checksums",
            json!([{"algorithm": "SHA256", "checksumValue": checksum}]),
        );
    }
    package
}

fn relationship(from: &str, kind: &str, to: &str) -> Value {
    json!({"spdxElementId": from, "relationshipType": kind, "relatedSpdxElement": to})
}

/// Replaces the characters that are invalid in SPDX identifiers: all but letters, digits, `.` and `-`.
fn identifier(purl: &str) -> String {
    let purl = purl.split('?').next().unwrap_or_default();
    let kind_and_name = purl.trim_start_matches("pkg:");
    kind_and_name
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || c == '.' {
                c
            } else {
                '-'
            }
        })
        .collect()
}
