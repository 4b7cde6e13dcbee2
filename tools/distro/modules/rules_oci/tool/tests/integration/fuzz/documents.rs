use std::fs;
use std::path::Path;

use oci_tool::digest::of_bytes;
use serde_json::{json, Value};

use super::random::Random;
use super::{run_cases, MAX_CASE_TIME};
use crate::common::{blob, json, manifest, root, Scratch};

struct Documents {
    config: Value,
    manifest: Value,
    index: Value,
}

impl Documents {
    fn read(layout: &Path) -> Self {
        let manifest = manifest(layout);
        Self {
            config: json(&blob(layout, &manifest["config"])),
            manifest,
            index: json(&layout.join("index.json")),
        }
    }

    /// Mutates one document and writes all into a layout, with matching digests.
    fn write_mutated(&self, random: &mut Random, layout: &Path) {
        let changed = random.below(3);
        let mut text = |at: usize, document: &Value| match at == changed {
            true => mutated(random, document),
            false => document.to_string().into_bytes(),
        };
        let config = text(0, &self.config);
        let mut manifest = self.manifest.clone();
        write_blob(layout, &config, &mut manifest["config"]);
        let manifest = text(1, &manifest);
        let mut index = self.index.clone();
        write_blob(layout, &manifest, &mut index["manifests"][0]);
        fs::write(layout.join("index.json"), text(2, &index)).expect("an index");
    }
}

fn write_blob(layout: &Path, content: &[u8], descriptor: &mut Value) {
    let digest = of_bytes(content);
    fs::write(layout.join("blobs/sha256").join(digest.encoded()), content).expect("a blob");
    descriptor["digest"] = digest.as_str().into();
    descriptor["size"] = content.len().into();
}

/// A copy of the document with mutated values or bytes.
fn mutated(random: &mut Random, document: &Value) -> Vec<u8> {
    let mut document = document.clone();
    for _ in 0..=random.below(2) {
        mutate_value(random, &mut document);
    }
    let mut text = document.to_string().into_bytes();
    if random.one_in(4) {
        random.mutate_bytes(&mut text);
    }
    text
}

fn mutate_value(random: &mut Random, value: &mut Value) {
    if random.one_in(6) {
        *value = replacement(random);
        return;
    }
    match value {
        Value::Object(object) if !object.is_empty() => {
            let keys: Vec<String> = object.keys().cloned().collect();
            let key = random.choose(&keys);
            match random.one_in(5) {
                true => drop(object.remove(key)),
                false => mutate_value(random, &mut object[key]),
            }
        }
        Value::Array(list) if !list.is_empty() => {
            let at = random.below(list.len());
            match random.one_in(5) {
                true => list.push(list[at].clone()),
                false => mutate_value(random, &mut list[at]),
            }
        }
        _ => *value = replacement(random),
    }
}

fn replacement(random: &mut Random) -> Value {
    let mut nested = json!([]);
    for _ in 0..60 {
        nested = json!([nested]);
    }
    let values = [
        json!(null),
        json!([]),
        json!({}),
        json!(""),
        json!([null]),
        json!(-1),
        json!(1.5),
        json!(u64::MAX),
        json!(true),
        json!("sha512:00"),
        json!("sha256:../../x"),
        json!("application/vnd.oci.image.index.v1+json"),
        json!("application/vnd.docker.image.rootfs.diff.tar.zstd"),
        json!("\u{0}=\u{fffd}"),
        json!({"digest": null}),
        nested,
    ];
    random.choose(&values).clone()
}

/// Runs a command; checks that the output exists only on success.
fn check(scratch: &Scratch, command: &str, output: &str) -> Result<(), String> {
    let outcome = scratch.run(&format!("{command} --output %/{output}"));
    let path = scratch.path(output);
    let exists = match path.is_dir() {
        true => fs::read_dir(&path).expect("a directory").next().is_some(),
        false => path.exists(),
    };
    if outcome.is_ok() != exists {
        return Err(format!("{command}: {outcome:?}, output exists: {exists}"));
    }
    let _ = fs::remove_file(&path);
    let _ = fs::remove_dir_all(&path);
    Ok(())
}

fn layouts() -> Scratch {
    let scratch = Scratch::new();
    // An empty archive, because hashing would take most of the time.
    scratch.file("a.tar", &[0; 1024]);
    scratch.file("env", b"A=1\n");
    scratch.file("tags", b"app:1\n");
    let settings = "--env %/env --labels %/env --annotations %/env --user 1 --workdir /";
    scratch
        .run(&format!(
            "image --os linux --architecture amd64 --tar %/a.tar {settings} --output %/image"
        ))
        .expect("an image");
    scratch
        .run("index --image %/image --output %/index")
        .expect("an index");
    scratch
}

#[test]
fn accepts_or_rejects_mutated_images() {
    let scratch = layouts();
    let image = scratch.path("image");
    let documents = Documents::read(&image);
    let layer = blob(&image, &documents.manifest["layers"][0]);
    let blobs = image.join("blobs/sha256");
    let outcome = run_cases(0..400, MAX_CASE_TIME, move |random| {
        documents.write_mutated(random, &image);
        check(&scratch, "digest --image %/image", "digest")?;
        check(&scratch, "image --base %/image --tar %/a.tar --env %/env", "more")?;
        check(&scratch, "index --image %/image", "list")?;
        check(
            &scratch,
            "tarball --image %/image --format docker --tags %/tags",
            "out.tar",
        )?;
        let mut pulled = "layout --index %/image/index.json".to_owned();
        for entry in fs::read_dir(&blobs).expect("blobs") {
            pulled += &format!(" --blob {}", entry.expect("a blob").path().display());
        }
        check(&scratch, &pulled, "pulled")?;
        for entry in fs::read_dir(&blobs).expect("blobs") {
            let path = entry.expect("a blob").path();
            if path != layer {
                fs::remove_file(path).expect("removing");
            }
        }
        Ok(())
    });
    assert_eq!(outcome, Ok(()));
}

#[test]
fn accepts_or_rejects_mutated_indexes() {
    let scratch = layouts();
    let path = scratch.path("index");
    let index = manifest(&path);
    let entry = root(&path);
    let outcome = run_cases(0..400, MAX_CASE_TIME, move |random| {
        let mut entry = entry.clone();
        write_blob(&path, &mutated(random, &index), &mut entry);
        let document = json!({"schemaVersion": 2, "manifests": [entry]});
        fs::write(path.join("index.json"), document.to_string()).expect("an index");
        check(
            &scratch,
            "tarball --image %/index --format oci --tags %/tags",
            "out.tar",
        )?;
        check(&scratch, "index --image %/index --image %/image", "list")
    });
    assert_eq!(outcome, Ok(()));
}
