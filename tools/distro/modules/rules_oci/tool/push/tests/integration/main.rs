//! Pushes to a registry with valid, invalid or no responses.

mod artifacts;
mod commands;
#[path = "../../../tests/integration/common.rs"]
#[allow(dead_code)]
mod common;
mod proxies;
mod redirects;
mod registry;
mod sessions;
mod tokens;
mod uploads;

use std::path::Path;
use std::time::{Duration, Instant};

use oci_push::push::push;
use oci_push::registry::{Client, Keychain, Policy, Proxies, Repository};
use oci_tool::layout::Layout;

use crate::common::{root, Scratch, A};
use crate::registry::{with_status, Reply, TestRegistry};

const POLICY: Policy = Policy {
    attempts: 3,
    delay: Duration::from_millis(1),
    max_retry_after: Duration::from_millis(50),
    timeout: Duration::from_millis(300),
};

fn image(scratch: &Scratch) -> std::path::PathBuf {
    scratch.file("a.tar", A);
    scratch
        .run("layer --tar %/a.tar --output %/a.json")
        .expect("no error");
    scratch
        .run("image --os linux --architecture amd64 --tar %/a.tar --layer %/a.json --output %/image")
        .expect("no error");
    scratch.path("image")
}

fn client(registry: &TestRegistry, keychain: Keychain) -> Client {
    let repository = Repository::parse(&format!("{}/team/app", registry.host)).expect("no error");
    Client::new(repository, false, keychain, Proxies::default(), POLICY).expect("no error")
}

fn try_push(
    image: &Path,
    registry: &TestRegistry,
    keychain: Keychain,
    tags: &[&str],
) -> Result<usize, String> {
    push_with(&client(registry, keychain), image, tags)
}

fn push_with(client: &Client, image: &Path, tags: &[&str]) -> Result<usize, String> {
    let tags: Vec<_> = tags.iter().map(|tag| (*tag).to_owned()).collect();
    let pushed = push(
        &Layout::open(image).expect("no error"),
        client,
        &tags,
        false,
        &mut |_, _| {},
    );
    pushed
        .map(|pushed| pushed.sent)
        .map_err(|error| error.to_string())
}

fn fails(replies: &[Reply]) -> (String, TestRegistry) {
    let scratch = Scratch::new();
    let registry = TestRegistry::start(replies);
    let error = try_push(&image(&scratch), &registry, Keychain::default(), &[]).expect_err("an error");
    assert!(
        error.contains(&format!("{}/team/app@sha256:", registry.host)),
        "{error}"
    );
    (error, registry)
}

fn logged_in(scratch: &Scratch, registry: &TestRegistry) -> Keychain {
    let config = format!(r#"{{"auths": {{"{}": {{"auth": "YTpi"}}}}}}"#, registry.host);
    let file = scratch.file("auth.json", config.as_bytes());
    Keychain::new(|name| (name == "REGISTRY_AUTH_FILE").then(|| file.clone().into()))
}

fn redirect(status: u16, location: &str) -> Reply {
    Reply::Status(status, format!("Location: {location}\r\n"), "")
}

fn upload() -> [Reply; 4] {
    let accepted = |state| redirect(202, &format!("/v2/team/app/blobs/uploads/1?_state={state}"));
    [with_status(404), accepted("x"), accepted("y"), with_status(201)]
}

#[test]
fn pushes_blobs_manifest_then_tags() {
    let scratch = Scratch::new();
    let image = image(&scratch);
    let replies = [
        vec![with_status(404)],
        upload().to_vec(),
        upload().to_vec(),
        vec![with_status(201)],
    ]
    .concat();
    let registry = TestRegistry::start(&replies);
    assert_eq!(
        try_push(&image, &registry, Keychain::default(), &["v1", "v2"]),
        Ok(3)
    );
    let digest = root(&image)["digest"].as_str().unwrap().to_owned();
    let requests = registry.requests();
    assert_eq!(requests[0], format!("HEAD /v2/team/app/manifests/{digest}"));
    assert_eq!(requests[2], "POST /v2/team/app/blobs/uploads/");
    assert_eq!(requests[3], "PATCH /v2/team/app/blobs/uploads/1?_state=x");
    assert!(
        requests[4].starts_with("PUT /v2/team/app/blobs/uploads/1?_state=y&digest=sha256%3A"),
        "{requests:?}"
    );
    assert_eq!(requests[9], format!("PUT /v2/team/app/manifests/{digest}"));
    assert_eq!(
        requests[10..],
        ["PUT /v2/team/app/manifests/v1", "PUT /v2/team/app/manifests/v2"]
    );
}

#[test]
fn skips_present_blobs() {
    let scratch = Scratch::new();
    let registry = TestRegistry::start(&[with_status(200)]);
    assert_eq!(
        try_push(&image(&scratch), &registry, Keychain::default(), &[]),
        Ok(0)
    );
    assert_eq!(registry.requests().len(), 1);
}

#[test]
fn advises_login_without_credentials() {
    let (error, registry) = fails(&[Reply::Status(
        401,
        "WWW-Authenticate: Basic realm=\"x\"\r\n".into(),
        "",
    )]);
    assert!(error.contains("401 Unauthorized"), "{error}");
    assert!(
        error.ends_with(&format!("docker login {}", registry.host)),
        "{error}"
    );
    assert_eq!(registry.requests().len(), 1);
}

#[test]
fn quotes_registry_on_missing_repository() {
    let body = r#"{"errors":[{"code":"NAME_UNKNOWN","message":"no such repository"}]}"#;
    let (error, _) = fails(&[
        with_status(404),
        with_status(404),
        Reply::Status(404, String::new(), body),
    ]);
    assert!(
        error.contains("404 Not Found: NAME_UNKNOWN: no such repository"),
        "{error}"
    );
    assert!(error.contains("created first"), "{error}");
}

#[test]
fn bounds_retries_of_busy_registry() {
    let (error, registry) = fails(&[Reply::Status(429, "Retry-After: 0\r\n".into(), "slow down")]);
    assert!(
        error.contains("429 Too Many Requests") && error.contains("limit"),
        "{error}"
    );
    assert_eq!(registry.requests().len(), 3);
    let (_, registry) = fails(&[Reply::Status(429, "Retry-After: 3600\r\n".into(), "")]);
    assert_eq!(registry.requests().len(), 1);
}

#[test]
fn succeeds_after_recovery() {
    let scratch = Scratch::new();
    let registry = TestRegistry::start(&[with_status(500), with_status(503), with_status(200)]);
    assert_eq!(
        try_push(&image(&scratch), &registry, Keychain::default(), &[]),
        Ok(0)
    );
}

#[test]
fn retries_without_kept_connections() {
    let scratch = Scratch::new();
    let image = image(&scratch);
    let kept = Reply::Kept(202, "Location: /v2/team/app/blobs/uploads/1\r\n".into());
    let mut replies = vec![with_status(404), with_status(404)];
    // The starts of two uploads, and the PATCH of the second.
    replies.extend(vec![kept; POLICY.attempts as usize]);
    replies.extend([with_status(201), with_status(200), with_status(201)]);
    let registry = TestRegistry::start(&replies);
    assert_eq!(try_push(&image, &registry, Keychain::default(), &[]), Ok(2));
}

#[test]
fn names_persistently_failing_registry() {
    let (error, registry) = fails(&[with_status(500)]);
    assert!(
        error.contains("500 Internal Server Error; the registry failed on every attempt"),
        "{error}"
    );
    assert_eq!(registry.requests().len(), 3);
}

#[test]
fn restarts_failed_uploads() {
    let scratch = Scratch::new();
    let image = image(&scratch);
    let [missing, accepted, stored, created] = upload();
    let replies = [
        with_status(404),
        missing,
        accepted.clone(),
        with_status(502),
        accepted,
        stored,
        created,
        with_status(200),
        with_status(201),
    ];
    let registry = TestRegistry::start(&replies);
    assert_eq!(try_push(&image, &registry, Keychain::default(), &[]), Ok(2));
    let posts = registry
        .requests()
        .iter()
        .filter(|request| request.starts_with("POST"))
        .count();
    assert_eq!(posts, 2);
}

#[test]
fn times_out_on_silent_registry() {
    let start = Instant::now();
    let (error, _) = fails(&[Reply::Hang]);
    assert!(error.contains("no response within 0.3 s"), "{error}");
    assert!(start.elapsed() < Duration::from_secs(5));
}

#[test]
fn rejects_other_digest_in_response() {
    let wrong = format!("Docker-Content-Digest: sha256:{}\r\n", "0".repeat(64));
    let (error, _) = fails(&[
        with_status(404),
        with_status(200),
        with_status(200),
        Reply::Status(201, wrong, ""),
    ]);
    assert!(error.contains("the registry stored sha256:000"), "{error}");
}

#[test]
fn accepts_empty_digest_in_response() {
    let scratch = Scratch::new();
    let empty = Reply::Status(201, "Docker-Content-Digest:\r\n".into(), "");
    let registry = TestRegistry::start(&[with_status(404), with_status(200), with_status(200), empty]);
    assert_eq!(
        try_push(&image(&scratch), &registry, Keychain::default(), &[]),
        Ok(1)
    );
}

#[test]
fn rejects_upload_without_location() {
    let (error, _) = fails(&[with_status(404), with_status(404), with_status(202)]);
    assert!(error.contains("missing header Location"), "{error}");
}

#[test]
fn reports_refused_connection_at_once() {
    let scratch = Scratch::new();
    let host = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().to_string()
    };
    let registry = TestRegistry::stopped(host);
    let error = try_push(&image(&scratch), &registry, Keychain::default(), &[]).unwrap_err();
    assert!(error.contains("check that the registry is up"), "{error}");
}
