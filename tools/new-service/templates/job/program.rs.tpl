//! Tests the binary.

#![allow(clippy::disallowed_methods, clippy::unwrap_used, missing_docs)]

use std::process::{Command, Output};

/// An absolute path under cargo; relative to the runfiles, the test's working directory, under Bazel.
const BINARY: &str = env!("CARGO_BIN_EXE_{{name}}");

fn run(arguments: &[&str]) -> Output {
    Command::new(BINARY).args(arguments).output().unwrap()
}

#[test]
fn greets_each_name() {
    let output = run(&["Ada", "Grace"]);
    assert_eq!(output.status.code(), Some(0));
    let log = String::from_utf8(output.stdout).unwrap();
    assert!(log.contains("Hello Ada"), "{log}");
    assert!(log.contains("Hello Grace"), "{log}");
}

#[test]
fn requires_names() {
    let output = run(&[]);
    assert_eq!(output.status.code(), Some(64));
    assert!(String::from_utf8(output.stderr).unwrap().contains("NAME"));
}
