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

fn crate_list(targets: &str, machine: &str) -> (Scratch, common::Outcome) {
    let scratch = Scratch::new();
    let (targets, lock) = (scratch.file("targets", targets), scratch.file("Cargo.lock", LOCK));
    let output = scratch.path("list.o");
    let arguments = [
        "crate-list",
        "--targets",
        &targets,
        "--lock",
        &lock,
        "--machine",
        machine,
        "--output",
        &output,
    ];
    let outcome = link_tool(&arguments);
    (scratch, outcome)
}

#[test]
fn writes_the_same_object_each_time() {
    let read = |scratch: &Scratch| fs::read(scratch.path("list.o")).unwrap();
    let (first, outcome) = crate_list(TARGETS, "x86_64");
    outcome.expect(0, "");
    let (second, _) = crate_list(TARGETS, "x86_64");
    assert_eq!(read(&first), read(&second));
    let (third, _) = crate_list(TARGETS, "aarch64");
    assert_ne!(read(&first), read(&third));
}

#[test]
fn rejects_what_it_cannot_list() {
    let missing = TARGETS.replace("1.0.0", "1.0.1");
    let cases = [
        (missing.as_str(), "x86_64", 1, "left 1.0.1 is linked in"),
        ("", "x86_64", 1, "no crate in it"),
        ("{}", "x86_64", 1, "no list \"deps\" in {}"),
        (
            TARGETS,
            "vax",
            2,
            "--machine \"vax\": allowed are x86_64 and aarch64",
        ),
    ];
    for (targets, machine, code, message) in cases {
        crate_list(targets, machine).1.expect(code, message);
    }
}

#[test]
fn wrong_calls_exit_2() {
    for (arguments, message) in [
        (&[][..], "missing subcommand"),
        (&["bake"], "unknown subcommand \"bake\""),
        (&["strip", "--input", "a"], "--output is missing"),
        (&["strip", "--fast"], "--fast"),
    ] {
        link_tool(arguments).expect(2, message);
    }
    link_tool(&["--help"]).expect(0, "link_tool crate-list");
}
