//! SPDX 2.3, in JSON: <https://spdx.github.io/spdx-spec/v2.3/>.

use std::collections::BTreeMap;

use serde_json::{json, Value};

use crate::bom::{sha256, Bom, Part};
use crate::files;

const DOCUMENT: &str = "SPDXRef-DOCUMENT";
const UNKNOWN: &str = "NOASSERTION";

/// The SBOM, dated 1970 and with a namespace that follows from its content: the same image, the same bytes.
pub(crate) fn document(bom: &Bom) -> Value {
    let ids: BTreeMap<&str, String> = bom
        .parts()
        .map(|part| (part.purl.as_str(), format!("SPDXRef-{}", identifier(&part.purl))))
        .collect();
    let id = |purl: &str| ids.get(purl).cloned().unwrap_or_default();
    let root = id(&bom.root.purl);
    let mut packages = vec![package(&bom.root, &root, "CONTAINER")];
    packages.extend(
        bom.crates
            .iter()
            .chain(&bom.packages)
            .map(|part| package(part, &id(&part.purl), "LIBRARY")),
    );
    let mut relationships = vec![relationship(DOCUMENT, "DESCRIBES", &root)];
    for part in bom.parts() {
        let from = id(&part.purl);
        relationships.extend(
            part.deps
                .iter()
                .map(|dep| relationship(&from, "DEPENDS_ON", &id(dep))),
        );
    }
    relationships.extend(
        bom.packages
            .iter()
            .map(|part| relationship(&root, "CONTAINS", &id(&part.purl))),
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
    let hash = sha256(document.to_string().as_bytes());
    files::set(
        &mut document,
        "documentNamespace",
        json!(format!("https://thimble.invalid/sbom/{}/{hash}", bom.root.name)),
    );
    document
}

fn package(part: &Part, id: &str, purpose: &str) -> Value {
    let mut package = json!({
        "SPDXID": id,
        "name": part.name,
        "versionInfo": part.version,
        "downloadLocation": UNKNOWN,
        "filesAnalyzed": false,
        "licenseConcluded": UNKNOWN,
        "licenseDeclared": part.license.as_deref().unwrap_or(UNKNOWN),
        "copyrightText": UNKNOWN,
        "primaryPackagePurpose": purpose,
        "externalRefs": [{
            "referenceCategory": "PACKAGE-MANAGER",
            "referenceType": "purl",
            "referenceLocator": part.purl,
        }],
    });
    if let Some(checksum) = &part.checksum {
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

/// Letters, digits, dots and hyphens are all that an identifier may have.
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
