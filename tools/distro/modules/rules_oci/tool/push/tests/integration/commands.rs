//! The command line of `push`.

use crate::common::{json, root, Scratch};
use crate::image;
use crate::registry::{with_status, TestRegistry};

fn run(scratch: &Scratch, line: &str) -> Result<(), String> {
    oci_push::commands::run(scratch.arguments(line)).map_err(|error| error.to_string())
}

#[test]
fn writes_digest_and_json_files() {
    let scratch = Scratch::new();
    let image = image(&scratch);
    let registry = TestRegistry::start(&[with_status(200), with_status(201)]);
    scratch.file("tags", b"v1\nv2 v1\n\n");
    scratch.file("repository", format!("{}/team/app\n", registry.host).as_bytes());
    run(&scratch, "push --image %/image --repository-file %/repository --tags %/tags -t v3 --digest-file %/d --json %/j").unwrap();
    let digest = root(&image)["digest"].as_str().unwrap().to_owned();
    assert_eq!(
        std::fs::read_to_string(scratch.path("d")).unwrap(),
        format!("{digest}\n")
    );
    let report = json(&scratch.path("j"));
    assert_eq!(
        report["reference"],
        format!("{}/team/app@{digest}", registry.host)
    );
    assert_eq!(report["tags"], serde_json::json!(["v1", "v2", "v3"]));
}

#[test]
fn reads_repository_from_command_line() {
    let scratch = Scratch::new();
    image(&scratch);
    let registry = TestRegistry::start(&[with_status(200), with_status(200)]);
    let flags = "--allow-nondistributable-artifacts --platform linux/amd64 -v";
    run(
        &scratch,
        &format!("push --image %/image -r {}/team/app {flags}", registry.host),
    )
    .unwrap();
    let error = run(&scratch, "push --target //a:push --image %/image").unwrap_err();
    assert!(error.starts_with("//a:push: missing repository: "), "{error}");
    assert!(
        error.contains("\n    bazel run //a:push -- --repository "),
        "{error}"
    );
}

#[test]
fn empty_repository_file_is_usage_error() {
    let scratch = Scratch::new();
    image(&scratch);
    for content in ["", "\n", " \r\n"] {
        let file = scratch.file("repository", content.as_bytes());
        let line = "push --target //a:push --image %/image --repository-file %/repository";
        let error = oci_push::commands::run(scratch.arguments(line)).unwrap_err();
        assert!(error.is_usage(), "{error}");
        let expected = format!(
            "//a:push: missing repository: `repository_file` {} is empty; write the name to it, or pass one:\n    \
             bazel run //a:push -- --repository ",
            file.display()
        );
        assert!(error.to_string().starts_with(&expected), "{error}");
    }
}

#[test]
fn invalid_arguments_are_usage_errors() {
    let scratch = Scratch::new();
    image(&scratch);
    scratch.file("tags", b"-v1\n");
    for (line, expected) in [
        ("", true),
        ("pull", true),
        ("push --wrong", true),
        ("push --target //a:push --image %/image", true),
        ("push --image %/image -r a.io/X", true),
        ("push --image %/image -r a.io/x -t -v1", true),
        ("push --image %/image -r a.io/x --tags %/tags", false),
        ("push --image %/none -r a.io/x", false),
        ("cosign --image %/image --verb sign", true),
    ] {
        let error = oci_push::commands::run(scratch.arguments(line)).unwrap_err();
        assert_eq!(error.is_usage(), expected, "{line}: {error}");
    }
}

#[test]
fn help_needs_no_image() {
    let scratch = Scratch::new();
    for flag in ["--help", "-h"] {
        run(&scratch, &format!("push --target //a:push {flag}")).unwrap();
    }
}

#[test]
fn rejects_carriage_returns_in_tags() {
    let scratch = Scratch::new();
    image(&scratch);
    scratch.file("tags", b"v1\r\n");
    let error = run(&scratch, "push --image %/image --repository a.io/x --tags %/tags").unwrap_err();
    assert!(
        error.contains("attribute `remote_tags`: invalid tag \"v1\\r\""),
        "{error}"
    );
}

#[test]
fn failed_push_writes_no_files() {
    let scratch = Scratch::new();
    image(&scratch);
    let registry = TestRegistry::start(&[with_status(403)]);
    let line = format!(
        "push --target //a:push --image %/image --repository {}/x --digest-file %/d --json %/j",
        registry.host
    );
    let error = run(&scratch, &line).unwrap_err();
    assert!(
        error.starts_with("//a:push: ") && error.contains("403 Forbidden"),
        "{error}"
    );
    assert!(!scratch.path("d").exists() && !scratch.path("j").exists());
    let error = run(&scratch, "push --image %/image --repository a.io/x:latest").unwrap_err();
    assert!(error.contains("attribute `repository`"), "{error}");
}
