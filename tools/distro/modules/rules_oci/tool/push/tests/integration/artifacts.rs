//! Indexes with entries other than images.

use std::fs;

use oci_tool::digest::of_bytes;
use oci_tool::spec::media_type;
use serde_json::{json, Value};

use crate::common::Scratch;
use crate::registry::{with_status, TestRegistry};
use crate::try_push;

fn put(scratch: &Scratch, kind: &str, content: &str) -> Value {
    let digest = of_bytes(content.as_bytes());
    scratch.file(
        &format!("index/blobs/sha256/{}", digest.encoded()),
        content.as_bytes(),
    );
    json!({"mediaType": kind, "digest": digest.as_str(), "size": content.len()})
}

#[test]
fn pushes_attestations_and_other_entries() {
    let scratch = Scratch::new();
    fs::create_dir_all(scratch.path("index/blobs/sha256")).unwrap();
    let config = put(&scratch, "application/vnd.oci.empty.v1+json", "{}");
    let statement = put(&scratch, "application/vnd.in-toto+json", "{\"_type\": \"x\"}");
    let document = json!({"schemaVersion": 2, "config": config, "layers": [statement]});
    let attestation = put(&scratch, media_type::MANIFEST, &document.to_string());
    let other = put(&scratch, "application/vnd.example+json", "[]");
    let document = json!({"schemaVersion": 2, "manifests": [attestation, other]});
    let index = put(&scratch, media_type::INDEX, &document.to_string());
    let document = json!({"schemaVersion": 2, "manifests": [index]});
    scratch.file("index/index.json", document.to_string().as_bytes());
    scratch.file("index/oci-layout", br#"{"imageLayoutVersion": "1.0.0"}"#);

    let registry = TestRegistry::start(&[
        with_status(404),
        with_status(404),
        with_status(200),
        with_status(200),
        with_status(201),
        with_status(200),
        with_status(201),
    ]);
    assert_eq!(
        try_push(&scratch.path("index"), &registry, Default::default(), &[]),
        Ok(2)
    );
    let request = |method: &str, kind: &str, blob: &Value| {
        let digest = blob["digest"].as_str().unwrap();
        format!("{method} /v2/team/app/{kind}/{digest}")
    };
    assert_eq!(
        registry.requests(),
        [
            request("HEAD", "manifests", &index),
            request("HEAD", "manifests", &attestation),
            request("HEAD", "blobs", &statement),
            request("HEAD", "blobs", &config),
            request("PUT", "manifests", &attestation),
            request("HEAD", "blobs", &other),
            request("PUT", "manifests", &index),
        ]
    );

    fs::remove_file(scratch.path(&format!(
        "index/blobs/sha256/{}",
        of_bytes(b"{\"_type\": \"x\"}").encoded()
    )))
    .unwrap();
    let registry = TestRegistry::start(&[with_status(404)]);
    let error = try_push(&scratch.path("index"), &registry, Default::default(), &[]).unwrap_err();
    assert!(error.contains("missing blob"), "{error}");
}
