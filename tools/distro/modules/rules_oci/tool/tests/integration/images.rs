//! Images and indexes from the command line.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::common::{blob, json, manifest, root, Scratch, A, B};

pub const SCRATCH: &str = "image --os linux --architecture amd64";

pub fn with_base() -> Scratch {
    let scratch = Scratch::new();
    scratch.file("a.tar", A);
    scratch.file("b.tar", B);
    let command = format!("{SCRATCH} --tar %/a.tar --output %/base");
    scratch.run(&command).expect("a base");
    scratch
}

fn content(directory: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    for directory in [directory.to_owned(), directory.join("blobs/sha256")] {
        for entry in fs::read_dir(directory).expect("a directory") {
            let path = entry.expect("an entry").path();
            if path.is_file() {
                let name = path.file_name().expect("a name").to_string_lossy().into_owned();
                files.insert(name, fs::read(path).expect("a file"));
            }
        }
    }
    files
}

#[test]
fn digest_ignores_layer_paths() {
    let one = with_base();
    one.run("image --base %/base --tar %/b.tar --target //a:one --output %/image")
        .expect("an image");
    let two = with_base();
    fs::rename(two.path("b.tar"), two.path("renamed")).expect("renaming");
    two.run("layer --tar %/renamed --output %/layer.json")
        .expect("a description");
    two.run("image --base %/base --tar %/renamed --layer %/layer.json --output %/deep/down/image")
        .expect("an image");
    assert_eq!(content(&one.path("image")), content(&two.path("deep/down/image")));
}

#[test]
fn writes_relative_links() {
    let scratch = with_base();
    scratch
        .run("image --base %/base --tar %/b.tar --output %/image")
        .expect("an image");
    let layers = manifest(&scratch.path("image"))["layers"].take();
    let mut targets = vec![];
    for layer in layers.as_array().expect("layers") {
        let path = blob(&scratch.path("image"), layer);
        targets.push(fs::read_link(path).expect("a link"));
    }
    assert!(
        targets[0].starts_with("../../../base/blobs/sha256"),
        "{targets:?}"
    );
    assert_eq!(targets[1], Path::new("../../../b.tar"));
}

/// The number of regular files below a directory with the given content.
fn copies(directory: &Path, content: &[u8]) -> usize {
    let entries = fs::read_dir(directory).expect("a directory");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let count = |path: std::path::PathBuf| match fs::symlink_metadata(&path).expect("an entry") {
        kind if kind.is_dir() => copies(&path, content),
        kind if kind.is_file() => usize::from(fs::read(&path).expect("a file") == content),
        _ => 0,
    };
    paths.map(count).sum()
}

#[test]
fn links_layers_without_copying() {
    let scratch = with_base();
    let blobs = fs::read_dir(scratch.path("base/blobs/sha256")).expect("blobs");
    let blobs: Vec<_> = blobs
        .map(|blob| blob.expect("a blob").path().display().to_string())
        .collect();
    let pulled = format!(
        "layout --index %/base/index.json --blob {}",
        blobs.join(" --blob ")
    );
    for command in [
        &format!("{pulled} --output %/pulled")[..],
        "image --base %/pulled --tar %/b.tar --output %/one",
        "image --base %/pulled --tar %/b.tar --user 1 --output %/two",
        "index --image %/one --image %/two --output %/index",
    ] {
        scratch.run(command).expect("an output");
    }
    assert_eq!((copies(&scratch.0, A), copies(&scratch.0, B)), (1, 1));
    fs::copy(scratch.path("a.tar"), scratch.path("index/copy")).expect("a copy");
    assert_eq!(copies(&scratch.0, A), 2);
}

#[test]
fn keeps_repeated_layers() {
    let scratch = with_base();
    scratch
        .run("image --base %/base --tar %/a.tar --output %/image")
        .expect("an image");
    let layers = manifest(&scratch.path("image"))["layers"].take();
    assert_eq!(layers[0], layers[1]);
}

#[test]
fn line_without_equals_is_key() {
    let scratch = Scratch::new();
    scratch.file("value", b"BARE\n");
    let command = format!("{SCRATCH} --env %/value --labels %/value --output %/image");
    scratch.run(&command).expect("an image");
    let layout = scratch.path("image");
    let config = json(&blob(&layout, &manifest(&layout)["config"]));
    assert_eq!(config["config"]["Env"][0], "BARE=");
    assert_eq!(config["config"]["Labels"]["BARE"], "");
}

#[test]
fn writes_digest_of_manifest() {
    let scratch = with_base();
    scratch
        .run("digest --image %/base --output %/digest")
        .expect("a digest");
    let digest = fs::read_to_string(scratch.path("digest")).expect("a file");
    let expected = root(&scratch.path("base"))["digest"].take();
    assert_eq!(digest, format!("{}\n", expected.as_str().expect("text")));
}

#[test]
fn index_names_platform_per_image() {
    let scratch = with_base();
    scratch
        .run("image --os linux --architecture arm64 --variant v8 --tar %/b.tar --output %/arm")
        .expect("an image");
    scratch
        .run("index --image %/base --image %/arm --output %/index")
        .expect("an index");
    let layout = scratch.path("index");
    assert_eq!(
        root(&layout)["mediaType"],
        "application/vnd.oci.image.index.v1+json"
    );
    let index = manifest(&layout);
    assert_eq!(index["manifests"][0]["platform"]["architecture"], "amd64");
    assert_eq!(index["manifests"][1]["platform"]["variant"], "v8");
    for entry in index["manifests"].as_array().expect("entries") {
        let image = json(&blob(&layout, entry));
        assert!(blob(&layout, &image["config"]).exists());
        assert!(blob(&layout, &image["layers"][0]).exists());
    }
    let error = scratch.fails("image --base %/index --output %/image");
    assert!(
        error.contains("lists an image index: expected the image of one platform"),
        "{error}"
    );
}

#[test]
fn pulled_layout_keeps_digest() {
    let scratch = Scratch::new();
    scratch.file("a.tar", A);
    scratch.run("layer --tar %/a.tar --output %/a.json").unwrap();
    scratch
        .run("image --os linux --architecture amd64 --tar %/a.tar --layer %/a.json --output %/image")
        .unwrap();
    let image = scratch.path("image");
    let blobs = std::fs::read_dir(image.join("blobs/sha256")).unwrap();
    let blobs: Vec<_> = blobs
        .map(|blob| blob.unwrap().path().display().to_string())
        .collect();
    let start = "layout --index %/image/index.json --blob";
    scratch
        .run(&format!("{start} {} --output %/again", blobs.join(" --blob ")))
        .unwrap();
    assert_eq!(root(&scratch.path("again")), root(&image));
    scratch.file("cut", &A[..700]);
    let wrong = blobs
        .iter()
        .filter(|blob| std::fs::read(blob).unwrap() != A)
        .cloned();
    let wrong: Vec<_> = wrong.collect();
    let error = scratch.fails(&format!(
        "{start} {} --blob %/cut --output %/wrong",
        wrong.join(" --blob ")
    ));
    assert!(error.contains("missing blob"), "{error}");
}
