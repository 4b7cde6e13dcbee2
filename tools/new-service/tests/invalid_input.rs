//! Invalid arguments and workspaces.

#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use std::fs;
use std::process::Command;

use common::{Workspace, BINARY};

#[test]
fn rejects_workspace_without_chassis() {
    let workspace = Workspace::new();
    workspace.write("Cargo.toml", "[workspace]\nmembers = []\n");
    let before = workspace.files();
    let (code, output) = workspace.run(&["payments"]);
    assert_eq!(code, 1, "{output}");
    assert!(
        output.contains("Cargo.toml: missing \"chassis\" in [workspace.dependencies]; add it")
            && output.contains("\n    chassis = { path"),
        "{output}"
    );
    assert_eq!(workspace.files(), before);
}

#[test]
fn rejects_invalid_and_used_names() {
    let workspace = Workspace::new();
    let before = workspace.files();
    for (name, problem) in [
        ("Payments", "expected a-z, 0-9"),
        ("hello", "services/hello already exists"),
        ("axum", "Cargo.lock already has a crate of that name"),
        ("tonic_prost", "Cargo.lock already has a crate of that name"),
        ("match", "reserved keyword"),
        ("../up", "expected a-z, 0-9"),
        ("", "expected 2 to 40 characters"),
    ] {
        let (code, output) = workspace.run(&[name]);
        assert_eq!(code, 64, "{output}");
        assert!(output.contains(&format!("invalid name {name:?}")), "{output}");
        assert!(output.contains(problem), "{output}");
    }
    assert_eq!(workspace.files(), before);
}

#[test]
fn rejects_invalid_arguments() {
    let workspace = Workspace::new();
    let before = workspace.files();
    for (arguments, problem) in [
        (&[][..], "missing argument NAME"),
        (&["one", "two"], "unexpected argument \"two\""),
        (
            &["one", "--kind", "cron"],
            "invalid kind \"cron\": expected http, grpc, job or crate",
        ),
        (&["one", "--kind"], "missing argument for option '--kind'"),
    ] {
        let (code, output) = workspace.run(arguments);
        assert_eq!(code, 64, "{output}");
        assert!(output.contains(problem), "{output}");
        assert!(
            output.contains("\n    tools/bazel run //tools/new-service"),
            "{output}"
        );
    }
    let (code, output) = workspace.run(&["one", "--kind", "crate", "--own-crates"]);
    assert_eq!(code, 64, "{output}");
    assert!(
        output.contains("invalid option --own-crates for kind \"crate\""),
        "{output}"
    );
    assert_eq!(workspace.files(), before);
    let (code, output) = workspace.run(&["--help"]);
    assert!(
        code == 0 && output.contains("--kind=grpc   a service"),
        "{output}"
    );
}

#[test]
fn undoes_partial_writes() {
    let workspace = Workspace::new();
    // A directory blocks the temporary name of the last file.
    fs::create_dir(workspace.0.join(".Cargo.lock.new")).unwrap();
    let before = workspace.files();
    let (code, output) = workspace.run(&["payments"]);
    assert_eq!(code, 1, "{output}");
    assert!(output.contains("cannot write"), "{output}");
    assert_eq!(workspace.files(), before);
    assert!(!workspace.0.join("services/payments").exists());
}

#[test]
fn rejects_invalid_manifests() {
    for (text, problem) in [
        ("other\n", "Cargo.toml: invalid workspace manifest"),
        (
            "[package]\nname = \"a\"\n",
            "Cargo.toml: invalid workspace manifest",
        ),
        ("[workspace]\n", "Cargo.toml: missing list \"members = [\""),
    ] {
        let workspace = Workspace::new();
        workspace.write("Cargo.toml", text);
        let before = workspace.files();
        let (code, output) = workspace.run(&["payments", "--kind", "crate"]);
        assert_eq!(code, 1, "{output}");
        assert!(output.contains(problem), "{output}");
        assert_eq!(workspace.files(), before);
    }
}

#[test]
fn requires_bazel_run() {
    let output = Command::new(BINARY)
        .env_remove("BUILD_WORKSPACE_DIRECTORY")
        .arg("payments")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(64));
    assert!(String::from_utf8_lossy(&output.stderr).contains("tools/bazel run //tools/new-service"));
}
