//! `crate-list`, on small graphs.

#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use std::fs;
use std::io::Read;

use flate2::read::ZlibDecoder;

use common::{link_tool, Scratch};

const LOCK: &str = r#"
version = 4

[[package]]
name = "my-app"
version = "0.1.0"

[[package]]
name = "left"
version = "1.0.0"
source = "registry+https://github.com/rust-lang/crates.io-index"
checksum = "aa"
"#;

const TARGETS: &str = r#"{"id": "left", "name": "left", "version": "1.0.0", "locked": true, "license": null, "manifest": null, "deps": []}
{"id": "lib", "name": "my-app", "version": "0.1.0", "locked": false, "license": "MIT", "manifest": null, "deps": ["left"]}
{"id": "app", "name": "my-app", "version": "0.1.0", "locked": true, "license": "MIT", "manifest": null, "deps": ["lib"]}
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
fn library_and_program_are_one_package() {
    let (scratch, outcome) = crate_list(TARGETS);
    outcome.expect(0, "");
    let mut json = String::new();
    ZlibDecoder::new(fs::read(scratch.path("list")).unwrap().as_slice())
        .read_to_string(&mut json)
        .unwrap();
    let list: serde_json::Value = serde_json::from_str(&json).unwrap();
    let expected = serde_json::json!({"packages": [
        {"name": "left", "version": "1.0.0", "source": "crates.io"},
        {"name": "my-app", "version": "0.1.0", "source": "local", "dependencies": [0], "root": true},
    ]});
    assert_eq!(list, expected);
}

#[test]
fn rejects_invalid_targets() {
    let missing = TARGETS.replace("1.0.0", "1.0.1");
    let other_root = TARGETS.replace("0.1.0", "0.0.0");
    let cases = [
        (missing.as_str(), "left 1.0.1, which left links, is missing"),
        (other_root.as_str(), "my-app 0.0.0, which app links, is missing"),
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
