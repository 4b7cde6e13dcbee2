//! Errors of invalid bases, layers, attribute files and options.

use std::fs;

use crate::common::{blob, json, manifest, Scratch, A, B, GZIP};
use crate::images::{with_base, SCRATCH};

#[test]
fn names_base_without_layout() {
    let scratch = with_base();
    fs::create_dir(scratch.path("empty")).expect("a directory");
    let error = scratch.fails("image --base %/empty --target //a:b --output %/image");
    assert!(error.starts_with("//a:b: attribute `base`: "), "{error}");
    assert!(
        error.contains("empty: not an OCI image layout: oci-layout: No such file"),
        "{error}"
    );
    let error = scratch.fails("image --base %/a.tar --output %/image");
    assert!(error.contains("not a directory"), "{error}");
    scratch.file("base/oci-layout", br#"{"imageLayoutVersion": "2.0"}"#);
    let error = scratch.fails("image --base %/base --output %/image");
    assert!(
        error.contains(r#"oci-layout: unsupported version "2.0": expected "1.0.0""#),
        "{error}"
    );
}

#[test]
fn rejects_layouts_of_several_images() {
    let scratch = with_base();
    let path = scratch.path("base/index.json");
    let mut index = json(&path);
    let entry = index["manifests"][0].clone();
    index["manifests"].as_array_mut().expect("entries").push(entry);
    fs::write(path, index.to_string()).expect("writing");
    let error = scratch.fails("image --base %/base --output %/image");
    assert!(error.contains("lists 2 images: expected one image"), "{error}");
}

#[test]
fn finds_missing_and_changed_blobs() {
    let scratch = with_base();
    let base = scratch.path("base");
    let layer = blob(&base, &manifest(&base)["layers"][0]);
    fs::remove_file(&layer).expect("removing");
    let error = scratch.fails("image --base %/base --output %/image");
    assert!(error.contains("missing blob"), "{error}");

    fs::write(&layer, &A[..100]).expect("writing");
    let error = scratch.fails("image --base %/base --output %/image");
    assert!(error.contains("expected 10240 bytes, found 100 bytes"), "{error}");

    fs::write(&layer, B).expect("writing");
    scratch
        .run("image --base %/base --output %/trusted")
        .expect("only sizes are compared");
    let error = scratch.fails("image --base %/base --verify-base --output %/image");
    assert!(error.contains("expected sha256:8417b6"), "{error}");
    assert!(error.contains("found sha256:d81d03"), "{error}");

    let config = blob(&base, &manifest(&base)["config"]);
    let text = fs::read_to_string(&config)
        .expect("a config")
        .replace("linux", "minix");
    fs::write(&config, text).expect("writing");
    let error = scratch.fails("image --base %/base --output %/image");
    assert!(error.contains("blob mismatch: expected sha256:"), "{error}");
}

#[test]
fn names_target_of_broken_layers() {
    let scratch = Scratch::new();
    scratch.file("cut.tar", &A[..700]);
    scratch.file("cut.tar.gz", &GZIP[..50]);
    for (file, found) in [
        ("cut.tar", "truncated tar archive"),
        ("cut.tar.gz", "corrupt gzip data"),
        ("absent.tar", "opening: No such file"),
    ] {
        let command = format!("layer --tar %/{file} --target //a:b --output %/layer.json");
        let error = scratch.fails(&command);
        assert!(error.starts_with("//a:b: attribute `tars`: "), "{error}");
        assert!(error.contains(&format!("{file}: {found}")), "{error}");
        assert!(!scratch.path("layer.json").exists());
    }
}

#[test]
fn rejects_contradicting_attributes() {
    let scratch = with_base();
    let error = scratch.fails("image --base %/base --os linux --output %/image");
    assert!(error.contains("`base` sets the platform"), "{error}");
    let error = scratch.fails("image --os linux --output %/image");
    assert!(error.contains("missing `os` or `architecture`"), "{error}");
    assert_eq!(
        fs::read_dir(scratch.path("image")).expect("a directory").count(),
        0
    );
}

#[test]
fn names_attribute_of_invalid_values() {
    let scratch = Scratch::new();
    for (attribute, content, found) in [
        ("env", "=1", "line 1: invalid pair \"=1\""),
        ("env", "A=1\n\nB=2", "line 2: invalid pair \"\""),
        ("env", "A=${B", "variable \"A\": invalid value \"${B\""),
        ("labels", "A=1\r\n", "line 1: invalid value \"A=1\\r\""),
        ("exposed-ports", "80/tcp\n", "invalid name \"80/tcp\\n\""),
        ("volumes", "/a,/b,", "invalid name \"\""),
        (
            "created",
            "1970-01-01T00:00:00Z\n",
            "invalid time \"1970-01-01T00:00:00Z\\n\"",
        ),
    ] {
        scratch.file("value", content.as_bytes());
        let error = scratch.fails(&format!("{SCRATCH} --{attribute} %/value --output %/image"));
        let name = attribute.replace('-', "_");
        assert!(error.starts_with(&format!("attribute `{name}`: ")), "{error}");
        assert!(error.contains(&format!("value: {found}")), "{error}");
    }
}

#[test]
fn names_missing_options() {
    let scratch = Scratch::new();
    assert!(scratch.fails("nothing").contains("unknown command \"nothing\""));
    assert!(scratch.fails("image").contains("missing option --output"));
    assert!(scratch.fails("image --wrong").contains("unknown option --wrong"));
    assert!(scratch.fails("image --layer x").contains("unexpected --layer"));
}
