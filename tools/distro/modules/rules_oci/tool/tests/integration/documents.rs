//! Documents of other programs: null for empty, artifacts in indexes, docker's media types, other digests.

use std::fs;

use crate::common::{blob, json, manifest, Scratch, A, B, GZIP, ZSTD};
use oci_tool::digest::of_bytes;
use oci_tool::spec::media_type;
use serde_json::{json, Value};

const EMPTY: &str = "application/vnd.oci.empty.v1+json";
const DOCKER_MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";
const DOCKER_CONFIG: &str = "application/vnd.docker.container.image.v1+json";
const DOCKER_ZSTD: &str = "application/vnd.docker.image.rootfs.diff.tar.zstd";

/// Writes a blob into a layout and returns its descriptor.
fn put(scratch: &Scratch, layout: &str, kind: &str, content: &[u8]) -> Value {
    let directory = scratch.path(layout).join("blobs/sha256");
    fs::create_dir_all(&directory).expect("a directory");
    let digest = of_bytes(content);
    fs::write(directory.join(digest.encoded()), content).expect("a blob");
    json!({"mediaType": kind, "digest": digest.as_str(), "size": content.len()})
}

fn put_json(scratch: &Scratch, layout: &str, kind: &str, content: &Value) -> Value {
    put(scratch, layout, kind, content.to_string().as_bytes())
}

fn finish(scratch: &Scratch, layout: &str, entry: &Value) {
    let index = json!({"schemaVersion": 2, "manifests": [entry]});
    scratch.file(&format!("{layout}/index.json"), index.to_string().as_bytes());
    scratch.file(
        &format!("{layout}/oci-layout"),
        br#"{"imageLayoutVersion": "1.0.0"}"#,
    );
}

fn config(layers: &[&[u8]]) -> Value {
    let ids: Vec<_> = layers.iter().map(|layer| of_bytes(layer).to_string()).collect();
    json!({"os": "linux", "architecture": "amd64", "rootfs": {"type": "layers", "diff_ids": ids}})
}

/// An index as BuildKit writes it: an image, and its attestation as an artifact and as an image of an unknown platform.
fn buildkit_index(scratch: &Scratch, layout: &str) -> [Value; 3] {
    let mut image = image(scratch, layout, &config(&[A]), vec![(media_type::LAYER, A)]);
    image["platform"] = json!({"os": "linux", "architecture": "amd64"});
    let statement = put(
        scratch,
        layout,
        "application/vnd.in-toto+json",
        b"{\"_type\": \"x\"}",
    );
    let reference = json!({"vnd.docker.reference.type": "attestation-manifest", "vnd.docker.reference.digest": image["digest"]});
    let attestation = |config: Value| {
        let document = json!({
            "schemaVersion": 2, "mediaType": media_type::MANIFEST, "config": config, "layers": [statement],
            "artifactType": "application/vnd.docker.attestation.manifest.v1+json", "subject": image,
        });
        let mut entry = put_json(scratch, layout, media_type::MANIFEST, &document);
        entry["annotations"] = reference.clone();
        entry["platform"] = json!({"os": "unknown", "architecture": "unknown"});
        entry
    };
    let artifact = attestation(put(scratch, layout, EMPTY, b"{}"));
    let unknown = json!({"os": "unknown", "architecture": "unknown", "config": {}, "rootfs": {}});
    let as_image = attestation(put_json(scratch, layout, media_type::CONFIG, &unknown));
    let index =
        json!({"schemaVersion": 2, "mediaType": media_type::INDEX, "manifests": [image, artifact, as_image]});
    let entry = put_json(scratch, layout, media_type::INDEX, &index);
    finish(scratch, layout, &entry);
    [image, artifact, as_image]
}

/// Writes an image and returns the descriptor of its manifest.
fn image(scratch: &Scratch, layout: &str, config: &Value, layers: Vec<(&str, &[u8])>) -> Value {
    let config = put_json(scratch, layout, media_type::CONFIG, config);
    let layers = layers
        .iter()
        .map(|(kind, content)| put(scratch, layout, kind, content));
    let layers: Vec<_> = layers.collect();
    let document =
        json!({"schemaVersion": 2, "mediaType": media_type::MANIFEST, "config": config, "layers": layers});
    put_json(scratch, layout, media_type::MANIFEST, &document)
}

/// Writes a layout with an image without layers.
fn empty_image(scratch: &Scratch, layout: &str, layers: &Value, rootfs: &Value) {
    let config = json!({"os": "linux", "architecture": "amd64", "rootfs": rootfs, "history": null});
    let config = put_json(scratch, layout, media_type::CONFIG, &config);
    let document = json!({"schemaVersion": 2, "config": config, "layers": layers});
    let entry = put_json(scratch, layout, media_type::MANIFEST, &document);
    finish(scratch, layout, &entry);
}

fn names_in(scratch: &Scratch, archive: &str) -> Vec<String> {
    let mut archive = tar::Archive::new(fs::File::open(scratch.path(archive)).expect("an archive"));
    let entries = archive.entries().expect("entries");
    let path = |entry: tar::Entry<fs::File>| entry.path().expect("a path").to_string_lossy().into_owned();
    entries.map(|entry| path(entry.expect("an entry"))).collect()
}

#[test]
fn accepts_null_layers_in_base() {
    let scratch = Scratch::new();
    scratch.file("b.tar", B);
    for (at, layers, rootfs) in [
        (0, Value::Null, json!({"type": "layers", "diff_ids": null})),
        (1, json!([]), json!({})),
        (2, Value::Null, Value::Null),
    ] {
        empty_image(&scratch, &format!("base{at}"), &layers, &rootfs);
        scratch
            .run(&format!("image --base %/base{at} --output %/same{at}"))
            .expect("an image");
        let same = manifest(&scratch.path(&format!("same{at}")));
        assert_eq!(same["layers"], layers);
        scratch
            .run(&format!(
                "image --base %/base{at} --tar %/b.tar --output %/more{at}"
            ))
            .expect("an image");
        let more = scratch.path(&format!("more{at}"));
        assert_eq!(manifest(&more)["layers"][0]["digest"], of_bytes(B).as_str());
        let config = json(&blob(&more, &manifest(&more)["config"]));
        assert_eq!(config["rootfs"]["diff_ids"], json!([of_bytes(B).as_str()]));
        assert_eq!(config["rootfs"].get("type"), rootfs.get("type"));
        assert_eq!(config["history"].as_array().map(Vec::len), Some(1));
    }
}

#[test]
fn rejects_index_without_entries() {
    let scratch = Scratch::new();
    fs::create_dir(scratch.path("base")).expect("a directory");
    scratch.file("base/oci-layout", br#"{"imageLayoutVersion": "1.0.0"}"#);
    scratch.file("base/index.json", br#"{"schemaVersion": 2, "manifests": null}"#);
    let error = scratch.fails("image --base %/base --output %/image");
    assert!(
        error.contains("index.json lists nothing: expected one image"),
        "{error}"
    );
    for (content, found) in [
        ("[]", "invalid type: sequence"),
        ("{}", "missing field `schemaVersion`"),
        ("null", "invalid type: null"),
        (
            r#"{"schemaVersion": 2, "manifests": null}"#,
            "lists 0 images: expected one image",
        ),
    ] {
        scratch.file("index", content.as_bytes());
        let error = scratch.fails("layout --index %/index --output %/layout");
        assert!(error.contains(found), "{error}");
    }
}

#[test]
fn oci_archive_contains_artifacts() {
    let scratch = Scratch::new();
    let entries = buildkit_index(&scratch, "index");
    scratch.file("tags", b"app:1\n");
    scratch
        .run("tarball --image %/index --format oci --tags %/tags --output %/out.tar")
        .expect("an archive");
    let names = names_in(&scratch, "out.tar");
    for entry in &entries {
        let document = json(&blob(&scratch.path("index"), entry));
        for part in [entry, &document["config"], &document["layers"][0]] {
            let digest = part["digest"].as_str().expect("a digest").replace(':', "/");
            assert!(names.contains(&format!("blobs/{digest}")), "{digest}: {names:?}");
        }
    }
    let missing = json(&blob(&scratch.path("index"), &entries[1]))["layers"][0].take();
    fs::remove_file(blob(&scratch.path("index"), &missing)).expect("removing");
    let error = scratch.fails("tarball --image %/index --format oci --tags %/tags --output %/no.tar");
    assert!(error.contains("missing blob"), "{error}");
}

#[test]
fn index_rejects_indexes() {
    let scratch = Scratch::new();
    buildkit_index(&scratch, "buildkit");
    let error = scratch.fails("index --image %/buildkit --output %/index");
    assert!(
        error.contains("attribute `images`") && error.contains("an image index"),
        "{error}"
    );
}

#[test]
fn index_accepts_artifacts_without_platform() {
    let scratch = Scratch::new();
    let config = put(&scratch, "artifact", EMPTY, b"{}");
    let document =
        json!({"schemaVersion": 2, "config": config, "layers": [config], "artifactType": "text/x"});
    let entry = put_json(&scratch, "artifact", media_type::MANIFEST, &document);
    finish(&scratch, "artifact", &entry);
    scratch
        .run("index --image %/artifact --output %/index")
        .expect("an index");
    assert_eq!(manifest(&scratch.path("index"))["manifests"], json!([entry]));
    let error = scratch.fails("image --base %/artifact --output %/image");
    assert!(
        error.contains(&format!("media type {EMPTY:?}, as of an artifact")),
        "{error}"
    );
    let error = scratch.fails("tarball --image %/artifact --format docker --output %/no.tar");
    assert!(error.contains("as of an artifact"), "{error}");
}

#[test]
fn accepts_base_without_platform() {
    let scratch = Scratch::new();
    let entry = image(&scratch, "base", &json!({"rootfs": {"diff_ids": []}}), vec![]);
    finish(&scratch, "base", &entry);
    scratch
        .run("image --base %/base --user 1 --output %/image")
        .expect("an image");
    let image = scratch.path("image");
    let config = json(&blob(&image, &manifest(&image)["config"]));
    assert_eq!(config["config"]["User"], "1");
    assert!(config.get("os").is_none() && config.get("architecture").is_none());
    scratch.file("tags", b"a.io/x:1\n");
    scratch
        .run("tarball --image %/image --tags %/tags --format docker --output %/image.tar")
        .expect("an archive");
    let error = scratch.fails("index --image %/image --output %/index");
    assert!(error.contains("missing field `architecture`"), "{error}");
}

#[test]
fn keeps_entries_of_unknown_type() {
    let scratch = Scratch::new();
    let other = put(&scratch, "index", "application/vnd.example+json", b"[]");
    let index = json!({"schemaVersion": 2, "manifests": [other]});
    let entry = put_json(&scratch, "index", media_type::INDEX, &index);
    finish(&scratch, "index", &entry);
    scratch.file("tags", b"app:1\n");
    scratch
        .run("tarball --image %/index --format oci --tags %/tags --output %/out.tar")
        .expect("an archive");
    let digest = of_bytes(b"[]");
    assert!(names_in(&scratch, "out.tar").contains(&format!("blobs/sha256/{}", digest.encoded())));
}

#[test]
fn reads_docker_media_types() {
    let scratch = Scratch::new();
    let config = put_json(&scratch, "base", DOCKER_CONFIG, &config(&[A]));
    let layer = put(&scratch, "base", DOCKER_ZSTD, ZSTD);
    let document =
        json!({"schemaVersion": 2, "mediaType": DOCKER_MANIFEST, "config": config, "layers": [layer]});
    let entry = put_json(&scratch, "base", DOCKER_MANIFEST, &document);
    finish(&scratch, "base", &entry);
    scratch.file("more.tar.gz", GZIP);
    scratch.file("more.tar.zst", ZSTD);
    scratch
        .run("image --base %/base --tar %/more.tar.gz --tar %/more.tar.zst --output %/image")
        .expect("an image");
    let found = manifest(&scratch.path("image"));
    let kinds: Vec<_> = (0..3)
        .map(|at| found["layers"][at]["mediaType"].clone())
        .collect();
    let gzip = "application/vnd.docker.image.rootfs.diff.tar.gzip";
    assert_eq!(kinds, [DOCKER_ZSTD, gzip, DOCKER_ZSTD]);
    scratch
        .run("tarball --image %/image --format docker --output %/out.tar")
        .expect("an archive");
    let unpacked = format!("blobs/sha256/{}.tar", of_bytes(ZSTD).encoded());
    assert!(names_in(&scratch, "out.tar").contains(&unpacked));
    scratch
        .run("index --image %/image --output %/index")
        .expect("an index");
    assert_eq!(
        manifest(&scratch.path("index"))["manifests"][0]["mediaType"],
        DOCKER_MANIFEST
    );
}

#[test]
fn rejects_other_digest_algorithms() {
    let scratch = Scratch::new();
    let digest = format!("sha512:{}", "0".repeat(128));
    let found = format!(
        "unsupported algorithm \"sha512\" in the digest {digest:?}: expected sha256:<64 hexadecimal digits>"
    );
    let layer = json!({"mediaType": media_type::LAYER, "digest": digest, "size": 5});
    let config = put_json(&scratch, "base", media_type::CONFIG, &config(&[A]));
    let document = json!({"schemaVersion": 2, "config": config, "layers": [layer]});
    let entry = put_json(&scratch, "base", media_type::MANIFEST, &document);
    finish(&scratch, "base", &entry);
    let manifest = json!({"mediaType": media_type::MANIFEST, "digest": digest, "size": 5});
    fs::create_dir(scratch.path("root")).expect("a directory");
    finish(&scratch, "root", &manifest);
    scratch.file("layer.json", layer.to_string().as_bytes());
    for layout in ["base", "root"] {
        for command in [
            "image --output %/no --base",
            "index --output %/no --image",
            "tarball --format docker --output %/no.tar --image",
        ] {
            let error = scratch.fails(&format!("{command} %/{layout}"));
            assert!(error.contains(&found), "{command}: {error}");
        }
    }
    let error = scratch.fails("layout --index %/root/index.json --output %/no");
    assert!(error.contains(&found), "{error}");
}

#[test]
fn rejects_documents_beyond_limit() {
    let scratch = Scratch::new();
    let mut config = config(&[]);
    config["comment"] = "x".repeat(4 << 20).into();
    let entry = image(&scratch, "base", &config, vec![]);
    finish(&scratch, "base", &entry);
    let error = scratch.fails("image --base %/base --output %/image");
    assert!(
        error.contains("expected at most 4194304, the limit of registries"),
        "{error}"
    );
    scratch.file("base/index.json", &vec![b' '; (4 << 20) + 1]);
    let error = scratch.fails("image --base %/base --output %/image");
    assert!(
        error.contains("index.json: expected at most 4194304 bytes"),
        "{error}"
    );
}
