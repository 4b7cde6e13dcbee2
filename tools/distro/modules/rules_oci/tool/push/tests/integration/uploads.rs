//! Uploads to registries that differ in behavior.

use std::fs::File;

use oci_tool::spec::{Descriptor, Digest};

use crate::common::Scratch;
use crate::registry::{with_status, Reply, TestRegistry};
use crate::{client, fails, image, try_push, upload};

#[test]
fn uploads_bytes_by_patch_only() {
    let scratch = Scratch::new();
    let replies = [
        vec![with_status(404)],
        upload().to_vec(),
        upload().to_vec(),
        vec![with_status(201)],
    ]
    .concat();
    let registry = TestRegistry::start(&replies);
    assert_eq!(
        try_push(&image(&scratch), &registry, Default::default(), &[]),
        Ok(3)
    );
    let sizes = registry.body_sizes("PATCH");
    assert!(
        sizes.len() == 2 && sizes.iter().all(|size| *size > 0),
        "{sizes:?}"
    );
    assert_eq!(registry.body_sizes("PUT /v2/team/app/blobs/"), [0, 0]);
}

#[test]
fn uploads_blobs_after_forbidden_head() {
    let scratch = Scratch::new();
    let [_, accepted, stored, created] = upload();
    let registry = TestRegistry::start(&[
        with_status(403),
        with_status(403),
        accepted,
        stored,
        created,
        with_status(200),
        with_status(201),
    ]);
    assert_eq!(
        try_push(&image(&scratch), &registry, Default::default(), &[]),
        Ok(2)
    );
}

#[test]
fn reports_response_before_body_end() {
    const SIZE: u64 = 30 << 20;
    let scratch = Scratch::new();
    let path = scratch.path("layer");
    File::create(&path).unwrap().set_len(SIZE).unwrap();
    let [_, accepted, ..] = upload();
    let registry = TestRegistry::start(&[accepted, Reply::Early(413)]);
    let digest = Digest::parse(&format!("sha256:{}", "0".repeat(64))).unwrap();
    let error = client(&registry, Default::default())
        .push_blob(&Descriptor::new("application/octet-stream", SIZE, digest), &path)
        .unwrap_err()
        .to_string();
    assert!(error.contains("413 Payload Too Large"), "{error}");
    assert_eq!(registry.requests().len(), 2);
}

#[test]
fn rejects_other_upload_status() {
    let (error, _) = fails(&[with_status(404), with_status(404), with_status(200)]);
    assert!(
        error.contains("expected 202 Accepted to the start of an upload, found 200 OK"),
        "{error}"
    );
}

#[test]
fn waits_until_retry_after_date() {
    let busy = |date: &str| Reply::Status(429, format!("Retry-After: {date}\r\n"), "");
    let (_, registry) = fails(&[busy("Fri, 01 Jan 2100 00:00:00 GMT")]);
    assert_eq!(registry.requests().len(), 1);
    let scratch = Scratch::new();
    let registry = TestRegistry::start(&[busy("Fri, 01 Jan 1999 00:00:00 GMT"), with_status(200)]);
    assert_eq!(
        try_push(&image(&scratch), &registry, Default::default(), &[]),
        Ok(0)
    );
}
