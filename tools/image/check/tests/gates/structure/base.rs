//! Images with a base.

use std::path::Path;

use super::common::{extended, extended_expectation, hello, hello_expectation, Case, LISTING};
use crate::common::{image_check, layout, layout_with, Layer, Pack, Scratch};
use serde_json::{json, Value};

#[test]
fn ignores_fields_of_base() {
    let base = json!({
        "config": {"author": "thimble"},
        "manifest": {"annotations": {"a": "1", "b": "other"}},
    });
    let mut expectation = extended_expectation();
    extended(&base)
        .check(&expectation, &[])
        .expect(1, &["- \"author\": \"thimble\"", "- \"a\": \"1\","]);
    expectation["annotations"] = json!({"b": "2"});
    expectation["other"].as_object_mut().unwrap().remove("author");
    extended(&base).check(&expectation, &[]).expect(0, &[]);
}

#[test]
fn lists_files_above_base() {
    let case = hello();
    let check = |listing: &str| {
        let mtree = case.scratch.file("image.mtree", listing);
        case.check(&json!({}), &["--mtree", mtree.to_str().unwrap()])
    };
    check(LISTING).expect(0, &[]);
    check(&LISTING.replace("gid=0", "gid=0 size=11")).expect(0, &[]);
    check(&LISTING.replace("gid=0", "gid=0 size=12"))
        .expect(1, &["+ ./hello type=file mode=0555 uid=0 gid=0 size=11"]);
    check(&LISTING.replace("0555", "0755")).expect(1, &["+ ./hello type=file mode=0555 uid=0 gid=0"]);
    check("#mtree\n").expect(1, &["+ ./hello type=file"]);
}

#[test]
fn lists_all_layers_without_base() {
    let mut case = hello();
    case.base = None;
    let mtree = case.scratch.file("image.mtree", LISTING);
    case.check(&hello_expectation(), &["--mtree", mtree.to_str().unwrap()])
        .expect(1, &["+ ./tmp type=dir mode=1777 uid=0 gid=0", "+ \"layers\": 3"]);
}

#[test]
fn rejects_other_base() {
    let other = vec![(Layer::new().dir("./", 0o755), Pack::Gzip)];
    hello()
        .with_base(other)
        .check(&json!({}), &[])
        .expect(1, &["the image does not begin with the layers of its base"]);
}

#[test]
fn excludes_base_layers() {
    for count in [0, 1, 12] {
        let base = || {
            let layer = |at| (Layer::new().file(&format!("base-{at}"), 0o644, ""), Pack::Gzip);
            (0..count).map(layer).collect::<Vec<_>>()
        };
        let mut layers = base();
        layers.push((Layer::new().file("hello", 0o555, "hello world"), Pack::Zstd));
        let case = Case::new(&json!({"User": "1"}), layers).with_base(base());
        let mtree = case.scratch.file("image.mtree", LISTING);
        let arguments = ["--mtree", mtree.to_str().unwrap()];
        let expectation = json!({"user": "1", "created": "1970-01-01T00:00:00Z", "layers": 1});
        case.check(&expectation, &arguments).expect(0, &[]);
        let other = json!({"user": "1", "created": "1970-01-01T00:00:00Z", "layers": 2});
        case.check(&other, &arguments).expect(1, &["+ \"layers\": 1"]);
    }
}

/// Go programs write `null` for an image without layers.
#[test]
fn accepts_null_layers() {
    for (rootfs, layers) in [
        (json!({"type": "layers", "diff_ids": null}), Value::Null),
        (json!({}), json!([])),
        (Value::Null, Value::Null),
    ] {
        let scratch = Scratch::new();
        let (base, image) = (scratch.0.join("base"), scratch.0.join("image"));
        let (config, manifest) = (
            json!({"rootfs": rootfs}),
            json!({"layers": layers, "annotations": null}),
        );
        layout_with(&base, &json!({"User": "1"}), vec![], &config, &manifest);
        let app = || (Layer::new().file("hello", 0o555, "hello world"), Pack::Gzip);
        layout(&image, &json!({"User": "1"}), vec![app()]);
        let expect = scratch.file("expect.json", "{}");
        let check = |layout: &Path| {
            image_check(&[
                "structure",
                layout.to_str().unwrap(),
                "--expect",
                expect.to_str().unwrap(),
                "--base",
                base.to_str().unwrap(),
            ])
        };
        check(&base).expect(0, &[]);
        check(&image).expect(0, &[]);
        layout_with(&image, &json!({"User": "1"}), vec![app()], &config, &json!({}));
        check(&image).expect(1, &["the config lists 0 diff_ids, the manifest 1 layers"]);
    }
}
