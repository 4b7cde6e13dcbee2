//! `size` and `size-report`.

use std::fs;

use crate::common::{image_check, layout, Layer, Outcome, Pack, Scratch};
use serde_json::{json, Value};

fn check(arguments: &[&str]) -> Outcome {
    let scratch = Scratch::new();
    let lower = Layer::new()
        .file("data", 0o644, vec![0; 2_000_000])
        .file("old", 0o644, vec![1; 500]);
    let upper = Layer::new()
        .file("app", 0o755, vec![2; 1_000])
        .hardlink("alias", "app")
        .symlink("link", "app")
        .file(".wh.old", 0o644, "");
    layout(
        &scratch.0,
        &json!({}),
        vec![(lower, Pack::None), (upper, Pack::Gzip)],
    );
    image_check(&[&["size", scratch.0.to_str().unwrap()], arguments].concat())
}

#[test]
fn counts_visible_files_once() {
    check(&["--max-unpacked", "2001000"]).expect(0, &["unpacked at most 2,001,000 2,001,000 ok"]);
    check(&["--max-unpacked", "2000999"])
        .expect(1, &["unpacked: expected at most 2,000,999, found 2,001,000"]);
}

#[test]
fn compresses_uncompressed_layers() {
    check(&["--max-compressed", "10000"]).expect(0, &["(as gzip -9)"]);
    check(&["--max-compressed", "1000"]).expect(1, &["compressed: expected at most 1,000, found"]);
}

#[test]
fn limits_binary() {
    check(&["--max-binary", "/app", "1000"]).expect(0, &["/app at most 1,000 1,000 ok"]);
    check(&["--max-binary", "/link", "999"]).expect(1, &["/link: expected at most 999, found 1,000"]);
    check(&["--max-binary", "/none", "9"])
        .expect(1, &["/none: expected at most 9, found absent", "fix the path"]);
}

#[test]
fn prints_layers_and_files() {
    check(&[]).expect(
        0,
        &[
            "layer unpacked compressed digest",
            "0 2,000,500",
            "1 1,000",
            "2,000,000 /data",
            "1,000 /alias",
        ],
    );
}

/// Writes an image with a base and a program of `size` bytes; returns its path.
fn image_with_program(scratch: &Scratch, size: usize) -> String {
    let dir = scratch.0.join(format!("image-{size}"));
    let base = Layer::new().file("data", 0o644, vec![0; 100]);
    let app = Layer::new().file("app", 0o755, vec![2; size]);
    layout(&dir, &json!({}), vec![(base, Pack::Gzip), (app, Pack::Gzip)]);
    dir.to_str().unwrap().to_owned()
}

#[test]
fn compares_recorded_sizes() {
    let scratch = Scratch::new();
    let record = scratch.0.join("image.size.json");
    let record = record.to_str().unwrap();
    let check = |size: usize, more: &[&str]| {
        let image = image_with_program(&scratch, size);
        let call = ["size", &image, "--network", "closed", "--record", record, "/app"];
        image_check(&[&call, more].concat())
    };
    check(10_000, &[]).expect(2, &["cannot read"]);
    check(10_000, &["--update"]).expect(0, &["wrote"]);
    assert!(fs::read_to_string(record).unwrap().contains("\"binary\": 10000"));
    check(10_000, &[]).expect(0, &["image.size.json: binary 10,000 ± 4,096 10,000 (+0) ok"]);
    check(14_096, &[]).expect(0, &["14,096 (+4,096) ok"]);
    check(14_097, &[]).expect(1, &["binary: expected 10,000 ± 4,096, found 14,097 (+4,097)"]);
    check(5_000, &[]).expect(1, &["found 5,000 (-5,000)"]);

    let text = fs::read_to_string(record).unwrap();
    fs::write(record, text.replace("unknown", "another rustc")).unwrap();
    check(50_000, &[]).expect(0, &["built with another rustc not compared"]);
    check(50_000, &["--network", "open"]).expect(
        0,
        &[
            "budgets of the open network",
            "not compared: no sizes of the open network are recorded",
        ],
    );
    check(20_000, &["--network", "open", "--update"]).expect(0, &["wrote"]);
    check(20_000, &["--network", "open"]).expect(0, &["binary 20,000"]);
    check(50_000, &["--network", "open"]).expect(1, &["binary: expected 20,000"]);
    check(50_000, &[]).expect(0, &["built with another rustc not compared"]);
}

#[test]
fn update_replaces_invalid_record() {
    let scratch = Scratch::new();
    let image = image_with_program(&scratch, 10_000);
    let record = scratch.0.join("image.size.json");
    let check = |more: &[&str]| {
        let record = record.to_str().unwrap();
        let call = ["size", &image, "--network", "closed", "--record", record, "/app"];
        image_check(&[&call, more].concat())
    };
    for content in ["<<<<<<< ours\n{}\n=======\n".as_bytes(), b"[]", b""] {
        fs::write(&record, content).unwrap();
        check(&[]).expect(
            2,
            &[
                "invalid size records",
                "to replace the file, `bazel run` this test with -- --update",
            ],
        );
        check(&["--update"]).expect(0, &["wrote"]);
        check(&[]).expect(0, &["10,000 (+0) ok"]);
    }
    fs::write(&record, b"\xff").unwrap();
    check(&["--update"]).expect(0, &["wrote"]);
}

#[test]
fn excludes_base_layers() {
    for count in [0, 1, 12] {
        let scratch = Scratch::new();
        let (base, image) = (scratch.0.join("base"), scratch.0.join("image"));
        let layers = || {
            let layer = |at| {
                (
                    Layer::new().file(&format!("base-{at}"), 0o644, vec![3; 9_000]),
                    Pack::None,
                )
            };
            (0..count).map(layer).collect::<Vec<_>>()
        };
        layout(&base, &json!({}), layers());
        let mut all = layers();
        all.push((Layer::new().file("app", 0o755, vec![2; 100]), Pack::Gzip));
        layout(&image, &json!({}), all);
        let record = scratch.0.join("size.json");
        let (image, base, record) = (
            image.to_str().unwrap(),
            base.to_str().unwrap(),
            record.to_str().unwrap(),
        );
        let call = ["size", image, "--network", "closed", "--record", record, "/app"];
        image_check(&[&call[..], &["--base", base, "--update"]].concat()).expect(0, &["wrote"]);
        let recorded: Value = serde_json::from_str(&fs::read_to_string(record).unwrap()).unwrap();
        let above = recorded["closed"]["layers"].as_u64().unwrap();
        assert!(above < 300, "{count} base layers: {recorded}");
    }
}

#[test]
fn failure_lists_new_features() {
    let scratch = Scratch::new();
    let record = scratch.0.join("image.size.json");
    let crates = scratch.0.join("crates.json");
    let (record, crates) = (record.to_str().unwrap(), crates.to_str().unwrap());
    let check = |size: usize, more: &[&str]| {
        let image = image_with_program(&scratch, size);
        let call = ["size", &image, "--network", "closed", "--record", record, "/app"];
        image_check(&[&call, more].concat())
    };
    let tokio = |features: &[&str]| {
        let manifest = "services/hello/Cargo.toml";
        json!({"hello 0.1.0": {"dependents": {}, "features": [], "manifest": manifest, "requests": {}}, "tokio 1.54.1": {
            "dependents": {"hello 0.1.0": []},
            "features": features,
            "manifest": null,
            "requests": {"full": ["services/other/Cargo.toml"], "rt": ["services/hello/Cargo.toml"]},
        }})
        .to_string()
    };
    fs::write(crates, tokio(&["rt"])).unwrap();
    check(10_000, &["--update"]).expect(0, &["wrote"]);
    check(20_000, &["--crates", crates]).expect(1, &["no crates of the closed network are recorded"]);
    check(10_000, &["--update", "--crates", crates]).expect(0, &["wrote"]);
    assert!(fs::read_to_string(record)
        .unwrap()
        .contains(r#""tokio 1.54.1": "rt""#));
    check(20_000, &["--crates", crates]).expect(1, &["crates, versions and features are those of"]);

    fs::write(crates, tokio(&["fs", "full", "rt"])).unwrap();
    check(20_000, &["--crates", crates]).expect(
        1,
        &[
            "tokio 1.54.1: new features fs, full: requested by services/other/Cargo.toml (full)",
            "tools/distro/shell cargo tree --manifest-path services/hello/Cargo.toml --workspace --edges features \
             --invert CRATE@VERSION",
        ],
    );
    let within = check(10_000, &["--crates", crates]);
    within.expect(0, &[]);
    assert!(!within.stdout.contains("full"), "{within:?}");
    let this = std::env::current_exe().unwrap();
    image_check(&["size-report", this.to_str().unwrap(), "--crates", crates]).expect(
        0,
        &[
            "tokio 1.54.1: fs, full, rt",
            "services/hello/Cargo.toml (rt), services/other/Cargo.toml (full)",
        ],
    );
    fs::write(crates, "[]").unwrap();
    check(20_000, &["--crates", crates]).expect(2, &["crates.json: invalid list of crates"]);
}

#[test]
fn record_requires_network() {
    image_check(&["size", "a", "--record", "b", "/app"])
        .expect(64, &["missing --network NAME: --record requires it"]);
}

#[test]
fn update_requires_record() {
    image_check(&["size", "a", "--update"]).expect(64, &["missing --record FILE PATH: --update requires it"]);
}

#[test]
fn report_lists_crates() {
    let this = std::env::current_exe().unwrap();
    image_check(&["size-report", this.to_str().unwrap()])
        .expect(0, &["core", "serde_json", "(C and assembly)"]);
    let scratch = Scratch::new();
    let file = scratch.file("script", "#!/bin/sh\n");
    image_check(&["size-report", file.to_str().unwrap()]).expect(1, &["script: "]);
}

#[test]
fn failure_lists_largest_crates() {
    let this = std::env::current_exe().unwrap();
    let symbols = ["--symbols", this.to_str().unwrap()];
    let within = check(&[&["--max-binary", "/app", "1000"], &symbols[..]].concat());
    within.expect(0, &[]);
    assert!(!within.stdout.contains("crates of"), "{within:?}");
    let over = check(&[&["--max-binary", "/app", "999"], &symbols[..]].concat());
    over.expect(1, &["crates of", "core", "smaller crates", "with its symbols"]);
    let (_, crates) = over.stdout.split_once("crates of").unwrap();
    assert_eq!(crates.lines().count(), 1 + 15 + 1 + 1, "{crates}");
}
