//! `layer_tool`, on small specs.

#![allow(clippy::unwrap_used, missing_docs)]

use std::fs;
use std::io::Read;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::sync::atomic::{AtomicU32, Ordering};

use flate2::read::GzDecoder;
use serde_json::{json, Value};
use tar::Archive;

/// A directory that is removed at the end of the test.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let parent = std::env::var_os("TEST_TMPDIR").map_or_else(std::env::temp_dir, PathBuf::from);
        let next = NEXT.fetch_add(1, Ordering::Relaxed);
        let dir = parent.join(format!("layer-tool-test.{}.{next}", std::process::id()));
        fs::create_dir_all(&dir).unwrap();
        Self(dir)
    }

    fn file(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        fs::write(self.0.join(name), content).unwrap();
        self.0.join(name).to_str().unwrap().to_owned()
    }

    fn layer(&self, spec: &str) -> (Output, PathBuf) {
        let (spec, output) = (self.file("spec.json", spec), self.0.join("layer.tar.gz"));
        let run = Command::new(env!("CARGO_BIN_EXE_layer_tool"))
            .arg(spec)
            .arg(&output)
            .output()
            .unwrap();
        (run, output)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn entries(scratch: &Scratch) -> Value {
    json!([
        {"type": "directory", "path": "data", "mode": "0700", "owner": "65532.65532"},
        {"type": "file", "path": "app", "mode": "0555", "owner": "0.0", "source": scratch.file("app", "program")},
        {"type": "symlink", "path": "bin/app", "target": "/app"},
    ])
}

#[test]
fn writes_entries_in_order() {
    let scratch = Scratch::new();
    let (run, layer) = scratch.layer(&entries(&scratch).to_string());
    assert!(run.status.success(), "{run:?}");
    let mut archive = Archive::new(GzDecoder::new(fs::File::open(layer).unwrap()));
    let mut found = Vec::new();
    for entry in archive.entries().unwrap() {
        let mut entry = entry.unwrap();
        let mut content = String::new();
        entry.read_to_string(&mut content).unwrap();
        let header = entry.header();
        assert_eq!(header.mtime().unwrap(), 0);
        found.push(format!(
            "{} {:o} {}.{} {content}{}",
            entry.path().unwrap().display(),
            header.mode().unwrap(),
            header.uid().unwrap(),
            header.gid().unwrap(),
            entry.link_name().unwrap().unwrap_or_default().display(),
        ));
    }
    assert_eq!(
        found,
        [
            "data/ 700 65532.65532 ",
            "app 555 0.0 program",
            "bin/app 777 0.0 /app"
        ]
    );
}

#[test]
fn output_is_reproducible() {
    let read = |name: &str| {
        let scratch = Scratch::new();
        // Name and time of the source are not in the archive.
        let entry = json!([{"type": "file", "path": "app", "mode": "0555", "owner": "0.0", "source": scratch.file(name, "program")}]);
        fs::read(scratch.layer(&entry.to_string()).1).unwrap()
    };
    assert_eq!(read("one"), read("another"));
}

#[test]
fn writes_long_paths() {
    let scratch = Scratch::new();
    let long = "directory/".repeat(30) + "file";
    let spec = json!([{"type": "file", "path": long, "mode": "0444", "owner": "0.0", "source": scratch.file("f", "x")}]);
    let (run, layer) = scratch.layer(&spec.to_string());
    assert!(run.status.success(), "{run:?}");
    let mut archive = Archive::new(GzDecoder::new(fs::File::open(layer).unwrap()));
    let entry = archive.entries().unwrap().next().unwrap().unwrap();
    assert_eq!(entry.path().unwrap().to_str().unwrap(), long);
}

#[test]
fn rejects_invalid_specs() {
    let scratch = Scratch::new();
    let changed = |field: &str, value: &str| {
        let mut spec = entries(&scratch);
        spec[1][field] = json!(value);
        spec.to_string()
    };
    for (spec, message) in [
        ("{}".to_owned(), "expected a JSON array"),
        ("[{}]".to_owned(), "missing string \"path\" in {}"),
        (
            changed("type", "fifo"),
            "invalid type \"fifo\": expected file, directory or symlink",
        ),
        (changed("path", "/app"), "invalid path \"/app\""),
        (changed("path", "../app"), "invalid path \"../app\""),
        (changed("path", "data"), "duplicate path \"data\""),
        (
            changed("path", "bin"),
            "invalid path \"bin/app\": \"bin\" is not a directory in this layer",
        ),
        (
            changed("path", "bin/app/conf/a"),
            "invalid path \"bin/app/conf/a\": \"bin/app\" is not a directory in this layer",
        ),
        (
            changed("mode", "rwx"),
            "invalid mode \"rwx\": expected octal digits",
        ),
        (changed("mode", "77777"), "invalid mode \"77777\""),
        (
            changed("owner", "nonroot"),
            "invalid owner \"nonroot\": expected UID.GID",
        ),
        (
            changed("owner", "5000000000.0"),
            "invalid owner \"5000000000.0\": expected UID.GID, two 32-bit numbers",
        ),
        (changed("source", "/nonexistent"), "cannot archive /nonexistent: "),
    ] {
        let (run, _) = scratch.layer(&spec);
        let printed = String::from_utf8_lossy(&run.stderr);
        assert_eq!(run.status.code(), Some(1), "{printed}");
        assert!(printed.contains(message), "no {message:?} in {printed}");
    }
}

#[test]
fn usage_errors_exit_64() {
    let run = |arguments: &[&str]| {
        Command::new(env!("CARGO_BIN_EXE_layer_tool"))
            .args(arguments)
            .output()
            .unwrap()
    };
    assert_eq!(run(&["spec"]).status.code(), Some(64));
    assert_eq!(run(&["--help"]).status.code(), Some(0));
}
