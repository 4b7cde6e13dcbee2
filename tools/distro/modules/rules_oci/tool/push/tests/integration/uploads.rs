//! How registries differ in taking blobs.

use std::fs::File;

use oci_tool::spec::{Descriptor, Digest};

use crate::common::Scratch;
use crate::registry::{say, Fake, Reply};
use crate::{client, fails, image, try_push, upload};

#[test]
fn sends_bytes_by_patch_alone() {
    let scratch = Scratch::new();
    let replies = [
        vec![say(404)],
        upload().to_vec(),
        upload().to_vec(),
        vec![say(201)],
    ]
    .concat();
    let fake = Fake::start(&replies);
    assert_eq!(try_push(&image(&scratch), &fake, Default::default(), &[]), Ok(3));
    let sizes = fake.body_sizes("PATCH");
    assert!(
        sizes.len() == 2 && sizes.iter().all(|size| *size > 0),
        "{sizes:?}"
    );
    assert_eq!(fake.body_sizes("PUT /v2/team/app/blobs/"), [0, 0]);
}

#[test]
fn uploads_what_is_forbidden_to_look_for() {
    let scratch = Scratch::new();
    let [_, accepted, stored, created] = upload();
    let fake = Fake::start(&[say(403), say(403), accepted, stored, created, say(200), say(201)]);
    assert_eq!(try_push(&image(&scratch), &fake, Default::default(), &[]), Ok(2));
}

#[test]
fn shows_an_answer_before_the_bodys_end() {
    const SIZE: u64 = 30 << 20;
    let scratch = Scratch::new();
    let path = scratch.path("layer");
    File::create(&path).unwrap().set_len(SIZE).unwrap();
    let [_, accepted, ..] = upload();
    let fake = Fake::start(&[accepted, Reply::Early(413)]);
    let digest = Digest::parse(&format!("sha256:{}", "0".repeat(64))).unwrap();
    let error = client(&fake, Default::default())
        .push_blob(&Descriptor::new("application/octet-stream", SIZE, digest), &path)
        .unwrap_err()
        .to_string();
    assert!(error.contains("413 Payload Too Large"), "{error}");
    assert_eq!(fake.seen().len(), 2);
}

#[test]
fn rejects_other_answers_to_the_start() {
    let (error, _) = fails(&[say(404), say(404), say(200)]);
    assert!(
        error.contains("expected 202 Accepted to the start of an upload, found 200 OK"),
        "{error}"
    );
}

#[test]
fn waits_for_a_date() {
    let busy = |date: &str| Reply::Say(429, format!("Retry-After: {date}\r\n"), "");
    let (_, fake) = fails(&[busy("Fri, 01 Jan 2100 00:00:00 GMT")]);
    assert_eq!(fake.seen().len(), 1);
    let scratch = Scratch::new();
    let fake = Fake::start(&[busy("Fri, 01 Jan 1999 00:00:00 GMT"), say(200)]);
    assert_eq!(try_push(&image(&scratch), &fake, Default::default(), &[]), Ok(0));
}
