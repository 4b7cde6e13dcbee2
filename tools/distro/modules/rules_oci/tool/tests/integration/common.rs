//! Temporary directories and layers of tests.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::Value;

pub const A: &[u8] = include_bytes!("../vectors/layers/a.tar");
pub const B: &[u8] = include_bytes!("../vectors/layers/b.tar");
pub const GZIP: &[u8] = include_bytes!("../vectors/layers/c.tar.gz");
pub const ZSTD: &[u8] = include_bytes!("../vectors/layers/d.tar.zst");

static NEXT: AtomicU32 = AtomicU32::new(0);

pub struct Scratch(pub PathBuf);

impl Scratch {
    pub fn new() -> Self {
        let parent = std::env::var_os("TEST_TMPDIR").map_or_else(std::env::temp_dir, PathBuf::from);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = parent.join(format!("oci-tool-images-{}-{number}", std::process::id()));
        fs::create_dir_all(&path).expect("a directory");
        Self(path)
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    pub fn file(&self, name: &str, content: &[u8]) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, content).expect("a file");
        path
    }

    /// Splits a command line; `%` is replaced by the directory.
    pub fn arguments(&self, line: &str) -> Vec<OsString> {
        let directory = self.0.to_str().expect("a plain path");
        line.split(' ')
            .map(|argument| argument.replace('%', directory).into())
            .collect()
    }

    pub fn run(&self, line: &str) -> Result<(), String> {
        oci_tool::commands::run(self.arguments(line)).map_err(|error| error.to_string())
    }

    /// Runs the tool; returns the expected error.
    pub fn fails(&self, line: &str) -> String {
        self.run(line).expect_err("an error")
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

pub fn json(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).expect("a file")).expect("JSON")
}

pub fn blob(image: &Path, descriptor: &Value) -> PathBuf {
    let digest = descriptor["digest"].as_str().expect("a digest");
    image.join("blobs").join(digest.replace(':', "/"))
}

pub fn root(image: &Path) -> Value {
    json(&image.join("index.json"))["manifests"][0].take()
}

pub fn manifest(image: &Path) -> Value {
    json(&blob(image, &root(image)))
}
