//! Pushes to a registry that answers well, badly or not at all.

mod artifacts;
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
use crate::registry::{say, Fake, Reply};

const POLICY: Policy = Policy {
    attempts: 3,
    delay: Duration::from_millis(1),
    longest_wait: Duration::from_millis(50),
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

fn run(scratch: &Scratch, words: &str) -> Result<(), String> {
    oci_push::commands::run(scratch.arguments(words)).map_err(|error| error.to_string())
}

fn client(fake: &Fake, keychain: Keychain) -> Client {
    let repository = Repository::parse(&format!("{}/team/app", fake.host)).expect("no error");
    Client::new(repository, false, keychain, Proxies::default(), POLICY).expect("no error")
}

fn try_push(image: &Path, fake: &Fake, keychain: Keychain, tags: &[&str]) -> Result<usize, String> {
    push_with(&client(fake, keychain), image, tags)
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

fn fails(replies: &[Reply]) -> (String, Fake) {
    let scratch = Scratch::new();
    let fake = Fake::start(replies);
    let error = try_push(&image(&scratch), &fake, Keychain::default(), &[]).expect_err("an error");
    assert!(
        error.contains(&format!("{}/team/app@sha256:", fake.host)),
        "{error}"
    );
    (error, fake)
}

/// A keychain with a password for the server.
fn logged_in(scratch: &Scratch, fake: &Fake) -> Keychain {
    let config = format!(r#"{{"auths": {{"{}": {{"auth": "YTpi"}}}}}}"#, fake.host);
    let file = scratch.file("auth.json", config.as_bytes());
    Keychain::new(|name| (name == "REGISTRY_AUTH_FILE").then(|| file.clone().into()))
}

fn redirect(status: u16, location: &str) -> Reply {
    Reply::Say(status, format!("Location: {location}\r\n"), "")
}

fn upload() -> [Reply; 4] {
    let accepted = |state| redirect(202, &format!("/v2/team/app/blobs/uploads/1?_state={state}"));
    [say(404), accepted("x"), accepted("y"), say(201)]
}

#[test]
fn blobs_come_before_the_manifest_and_tags_come_last() {
    let scratch = Scratch::new();
    let image = image(&scratch);
    let replies = [
        vec![say(404)],
        upload().to_vec(),
        upload().to_vec(),
        vec![say(201)],
    ]
    .concat();
    let fake = Fake::start(&replies);
    assert_eq!(try_push(&image, &fake, Keychain::default(), &["v1", "v2"]), Ok(3));
    let digest = root(&image)["digest"].as_str().unwrap().to_owned();
    let seen = fake.seen();
    assert_eq!(seen[0], format!("HEAD /v2/team/app/manifests/{digest}"));
    assert_eq!(seen[2], "POST /v2/team/app/blobs/uploads/");
    assert_eq!(seen[3], "PATCH /v2/team/app/blobs/uploads/1?_state=x");
    assert!(
        seen[4].starts_with("PUT /v2/team/app/blobs/uploads/1?_state=y&digest=sha256%3A"),
        "{seen:?}"
    );
    assert_eq!(seen[9], format!("PUT /v2/team/app/manifests/{digest}"));
    assert_eq!(
        seen[10..],
        ["PUT /v2/team/app/manifests/v1", "PUT /v2/team/app/manifests/v2"]
    );
}

#[test]
fn what_is_there_is_not_sent() {
    let scratch = Scratch::new();
    let fake = Fake::start(&[say(200)]);
    assert_eq!(try_push(&image(&scratch), &fake, Keychain::default(), &[]), Ok(0));
    assert_eq!(fake.seen().len(), 1);
}

#[test]
fn without_credentials_the_way_to_log_in_is_said() {
    let (error, fake) = fails(&[Reply::Say(
        401,
        "WWW-Authenticate: Basic realm=\"x\"\r\n".into(),
        "",
    )]);
    assert!(error.contains("401 Unauthorized"), "{error}");
    assert!(error.ends_with(&format!("docker login {}", fake.host)), "{error}");
    assert_eq!(fake.seen().len(), 1);
}

#[test]
fn a_repository_that_is_missing_is_named_with_the_registrys_words() {
    let body = r#"{"errors":[{"code":"NAME_UNKNOWN","message":"no such repository"}]}"#;
    let (error, _) = fails(&[say(404), say(404), Reply::Say(404, String::new(), body)]);
    assert!(
        error.contains("404 Not Found: NAME_UNKNOWN: no such repository"),
        "{error}"
    );
    assert!(error.contains("created first"), "{error}");
}

#[test]
fn a_busy_registry_is_asked_again_but_not_for_ever() {
    let (error, fake) = fails(&[Reply::Say(429, "Retry-After: 0\r\n".into(), "slow down")]);
    assert!(
        error.contains("429 Too Many Requests") && error.contains("limit"),
        "{error}"
    );
    assert_eq!(fake.seen().len(), 3);
    let (_, fake) = fails(&[Reply::Say(429, "Retry-After: 3600\r\n".into(), "")]);
    assert_eq!(fake.seen().len(), 1);
}

#[test]
fn a_registry_that_recovers_is_enough() {
    let scratch = Scratch::new();
    let fake = Fake::start(&[say(500), say(503), say(200)]);
    assert_eq!(try_push(&image(&scratch), &fake, Keychain::default(), &[]), Ok(0));
}

#[test]
fn a_registry_that_fails_each_time_is_named() {
    let (error, fake) = fails(&[say(500)]);
    assert!(
        error.contains("500 Internal Server Error; the registry failed each time"),
        "{error}"
    );
    assert_eq!(fake.seen().len(), 3);
}

#[test]
fn an_upload_that_fails_begins_again() {
    let scratch = Scratch::new();
    let image = image(&scratch);
    let [missing, accepted, stored, created] = upload();
    let replies = [
        say(404),
        missing,
        accepted.clone(),
        say(502),
        accepted,
        stored,
        created,
        say(200),
        say(201),
    ];
    let fake = Fake::start(&replies);
    assert_eq!(try_push(&image, &fake, Keychain::default(), &[]), Ok(2));
    let posts = fake
        .seen()
        .iter()
        .filter(|request| request.starts_with("POST"))
        .count();
    assert_eq!(posts, 2);
}

#[test]
fn a_silent_registry_is_given_up() {
    let start = Instant::now();
    let (error, _) = fails(&[Reply::Hang]);
    assert!(error.contains("no answer within 0.3 s"), "{error}");
    assert!(start.elapsed() < Duration::from_secs(5));
}

#[test]
fn a_registry_that_stores_other_bytes_is_found_out() {
    let wrong = format!("Docker-Content-Digest: sha256:{}\r\n", "0".repeat(64));
    let (error, _) = fails(&[say(404), say(200), say(200), Reply::Say(201, wrong, "")]);
    assert!(error.contains("the registry stored sha256:000"), "{error}");
}

#[test]
fn an_upload_without_a_place_to_send_to_is_an_error() {
    let (error, _) = fails(&[say(404), say(404), say(202)]);
    assert!(error.contains("without a header Location"), "{error}");
}

#[test]
fn nobody_listening_is_said_at_once() {
    let scratch = Scratch::new();
    let host = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().to_string()
    };
    let fake = Fake::stopped(host);
    let error = try_push(&image(&scratch), &fake, Keychain::default(), &[]).unwrap_err();
    assert!(error.contains("see that the registry is up"), "{error}");
}

#[test]
fn the_command_writes_what_a_pipeline_needs() {
    let scratch = Scratch::new();
    let image = image(&scratch);
    let fake = Fake::start(&[say(200), say(201)]);
    scratch.file("tags", b"v1\nv2 v1\n\n");
    scratch.file("repository", format!("{}/team/app\n", fake.host).as_bytes());
    run(&scratch, "push --image %/image --repository-file %/repository --tags %/tags -t v3 --digest-file %/d --json %/j").unwrap();
    let digest = root(&image)["digest"].as_str().unwrap().to_owned();
    assert_eq!(
        std::fs::read_to_string(scratch.path("d")).unwrap(),
        format!("{digest}\n")
    );
    let report = crate::common::json(&scratch.path("j"));
    assert_eq!(report["reference"], format!("{}/team/app@{digest}", fake.host));
    assert_eq!(report["tags"], serde_json::json!(["v1", "v2", "v3"]));
}

#[test]
fn names_the_repository_at_run_time() {
    let scratch = Scratch::new();
    image(&scratch);
    let fake = Fake::start(&[say(200), say(200)]);
    let flags = "--allow-nondistributable-artifacts --platform linux/amd64 -v";
    run(
        &scratch,
        &format!("push --image %/image -r {}/team/app {flags}", fake.host),
    )
    .unwrap();
    let error = run(&scratch, "push --target //a:push --image %/image").unwrap_err();
    assert!(error.starts_with("//a:push: no repository: "), "{error}");
    assert!(
        error.contains("\n    bazel run //a:push -- --repository "),
        "{error}"
    );
}

#[test]
fn rejects_carriage_returns_in_tags() {
    let scratch = Scratch::new();
    image(&scratch);
    scratch.file("tags", b"v1\r\n");
    let error = run(&scratch, "push --image %/image --repository a.io/x --tags %/tags").unwrap_err();
    assert!(
        error.contains("attribute `remote_tags`: \"v1\\r\" is not a tag"),
        "{error}"
    );
}

#[test]
fn a_failed_push_leaves_no_report() {
    let scratch = Scratch::new();
    image(&scratch);
    let fake = Fake::start(&[say(403)]);
    let words = format!(
        "push --target //a:push --image %/image --repository {}/x --digest-file %/d --json %/j",
        fake.host
    );
    let error = run(&scratch, &words).unwrap_err();
    assert!(
        error.starts_with("//a:push: ") && error.contains("403 Forbidden"),
        "{error}"
    );
    assert!(!scratch.path("d").exists() && !scratch.path("j").exists());
    let error = run(&scratch, "push --image %/image --repository a.io/x:latest").unwrap_err();
    assert!(error.contains("attribute `repository`"), "{error}");
}
