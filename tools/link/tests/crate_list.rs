//! `crate-list`, on small graphs.

#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use std::fs;

use common::{link_tool, Scratch};

const LOCK: &str = r#"
version = 4

[[package]]
name = "app"
version = "0.1.0"

[[package]]
name = "left"
version = "1.0.0"
source = "registry+https://github.com/rust-lang/crates.io-index"
checksum = "aa"
"#;

const TARGETS: &str = r#"{"id": "left", "crate": "left", "package": "left", "version": "1.0.0", "manifest": null, "deps": []}
{"id": "app", "crate": "app", "package": null, "version": "0.0.0", "manifest": null, "deps": ["left"]}
"#;

fn crate_list(targets: &str) -> (Scratch, common::Outcome) {
    let scratch = Scratch::new();
    let (targets, lock) = (scratch.file("targets", targets), scratch.file("Cargo.lock", LOCK));
    let output = scratch.path("list");
    let arguments = [
        "crate-list",
        "--targets",
        &targets,
        "--lock",
        &lock,
        "--output",
        &output,
    ];
    let outcome = link_tool(&arguments);
    (scratch, outcome)
}

#[test]
fn output_is_reproducible() {
    let read = |scratch: &Scratch| fs::read(scratch.path("list")).unwrap();
    let (first, outcome) = crate_list(TARGETS);
    outcome.expect(0, "");
    let (second, _) = crate_list(TARGETS);
    assert_eq!(read(&first), read(&second));
    let (third, outcome) = crate_list(&TARGETS.replace("[\"left\"]", "[]"));
    outcome.expect(0, "");
    assert_ne!(read(&first), read(&third));
}

#[test]
fn rejects_invalid_targets() {
    let missing = TARGETS.replace("1.0.0", "1.0.1");
    let cases = [
        (missing.as_str(), "left 1.0.1, which left links, is missing"),
        ("", "no crates: expected"),
        ("{}", "missing list \"deps\" in {}"),
    ];
    for (targets, message) in cases {
        crate_list(targets).1.expect(1, message);
    }
}

#[test]
fn usage_errors_exit_64() {
    for (arguments, message) in [
        (&[][..], "missing subcommand"),
        (&["bake"], "unknown subcommand \"bake\""),
        (&["strip", "--input", "a"], "missing --output"),
        (&["strip", "--fast"], "--fast"),
    ] {
        link_tool(arguments).expect(64, message);
    }
    link_tool(&["--help"]).expect(0, "link_tool crate-list");
}
