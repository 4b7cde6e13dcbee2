//! Archives for container engines.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::Path;

use crate::common::{Scratch, A, B, GZIP, ZSTD};
use serde_json::Value;

fn with_image() -> Scratch {
    let scratch = Scratch::new();
    scratch.file("b.tar", B);
    scratch.file("c.tar.gz", GZIP);
    scratch.file("d.tar.zst", ZSTD);
    scratch.file("tags", b"hello:latest\n\nlocalhost/hello:1\n");
    let tars = "--tar %/b.tar --tar %/c.tar.gz --tar %/d.tar.zst --tar %/b.tar";
    let command = format!("image --os linux --architecture amd64 {tars} --output %/image");
    scratch.run(&command).expect("an image");
    scratch
}

fn with_index() -> Scratch {
    let scratch = with_image();
    scratch
        .run("index --image %/image --output %/index")
        .expect("an index");
    scratch
}

fn unpack(path: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut archive = tar::Archive::new(fs::File::open(path).expect("an archive"));
    let mut files = BTreeMap::new();
    for entry in archive.entries().expect("entries") {
        let mut entry = entry.expect("an entry");
        let header = entry.header();
        assert_eq!(header.mode().expect("a mode"), 0o755);
        assert_eq!(header.uid().expect("an owner"), 0);
        assert_eq!(header.mtime().expect("a time"), 0);
        let path = entry.path().expect("a path").to_string_lossy().into_owned();
        let mut content = vec![];
        entry.read_to_end(&mut content).expect("content");
        let before = files.insert(path.clone(), content);
        assert!(before.is_none(), "{path} occurs twice");
    }
    files
}

fn parse(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).expect("JSON")
}

#[test]
fn docker_archive_decompresses_zstd_layers() {
    let scratch = with_image();
    scratch
        .run("tarball --image %/image --format docker --tags %/tags --output %/out.tar")
        .expect("an archive");
    let files = unpack(&scratch.path("out.tar"));
    let manifest = parse(&files["manifest.json"])[0].take();
    assert_eq!(
        manifest["RepoTags"],
        serde_json::json!(["hello:latest", "localhost/hello:1"])
    );
    let config = parse(&files[manifest["Config"].as_str().expect("a path")]);
    assert_eq!(config["rootfs"]["diff_ids"].as_array().map(Vec::len), Some(4));
    let layers = manifest["Layers"].as_array().expect("layers");
    let content = |at: usize| &files[layers[at].as_str().expect("a path")][..];
    assert_eq!([content(0), content(1), content(2), content(3)], [B, GZIP, A, B]);
}

#[test]
fn oci_archive_has_entry_per_tag() {
    let scratch = with_index();
    scratch
        .run("tarball --image %/index --format oci --tags %/tags --output %/out.tar")
        .expect("an archive");
    let files = unpack(&scratch.path("out.tar"));
    assert!(files.contains_key("oci-layout"));
    let index = parse(&files["index.json"]);
    let names = |at: usize, key: &str| index["manifests"][at]["annotations"][key].clone();
    assert_eq!(
        names(0, "io.containerd.image.name"),
        "docker.io/library/hello:latest"
    );
    assert_eq!(names(0, "org.opencontainers.image.ref.name"), "hello:latest");
    assert_eq!(names(1, "io.containerd.image.name"), "localhost/hello:1");
    // 2 directories, 2 documents, index, manifest, config and 3 distinct layers.
    assert_eq!(files.len(), 10);
}

#[test]
fn rejects_format_of_other_images() {
    let scratch = with_index();
    scratch.file("no_tags", b"\n");
    for (options, found) in [
        (
            "--image %/index --format docker --tags %/tags",
            "`format`: invalid format \"docker\" for an image index",
        ),
        (
            "--image %/image --format oci --tags %/tags",
            "`format`: invalid format \"oci\" for an image",
        ),
        (
            "--image %/index --format oci --tags %/no_tags",
            "`repo_tags`: empty list of tags",
        ),
    ] {
        let error = scratch.fails(&format!("tarball {options} --output %/no.tar"));
        assert!(error.contains(found), "{error}");
        assert!(!scratch.path("no.tar").exists());
    }
}

#[test]
fn splits_tags_at_whitespace() {
    let scratch = with_image();
    scratch.file("tags", b"a:1 \tb:2\n");
    scratch
        .run("tarball --image %/image --format docker --tags %/tags --output %/out.tar")
        .expect("an archive");
    let manifest = parse(&unpack(&scratch.path("out.tar"))["manifest.json"])[0].take();
    assert_eq!(manifest["RepoTags"], serde_json::json!(["a:1", "b:2"]));
}

#[test]
fn rejects_tags_without_version() {
    let scratch = with_image();
    scratch.file("tags", b"hello\n");
    scratch.run("load --target //a:load --help").unwrap();
    let error = scratch.fails("load --image %/image --format docker --tags %/tags --target //a:load");
    assert!(
        error.starts_with("//a:load: attribute `repo_tags`: invalid tag \"hello\""),
        "{error}"
    );
}

#[test]
fn archives_are_reproducible() {
    let (one, two) = (with_image(), with_image());
    let archive = |scratch: &Scratch| {
        let command = "tarball --image %/image --format docker --tags %/tags --output %/out.tar";
        scratch.run(command).expect("an archive");
        fs::read(scratch.path("out.tar")).expect("a file")
    };
    assert_eq!(archive(&one), archive(&two));
}
