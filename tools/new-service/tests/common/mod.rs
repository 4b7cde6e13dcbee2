//! A minimal workspace, and the program in it.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

/// The program.
pub(crate) const BINARY: &str = env!("CARGO_BIN_EXE_new-service");

/// A minimal workspace in a temporary directory.
#[derive(Debug)]
pub(crate) struct Workspace(pub(crate) PathBuf);

/// The manifest of a minimal workspace with one service.
const MANIFEST: &str = r#"[workspace]
members = ["services/hello"]

[workspace.package]
version = "0.2.0"
edition = "2021"
license = "MIT"

[workspace.dependencies]
axum = "0.8"
chassis = { path = "services/chassis" }
chassis-grpc = { path = "services/chassis-grpc" }

[workspace.lints.rust]
unsafe_code = "forbid"
"#;

const LOCKED: [&str; 15] = [
    "axum",
    "chassis",
    "chassis-grpc",
    "http-body-util",
    "prost",
    "protox",
    "rustix",
    "serde_json",
    "syn",
    "tokio",
    "tonic",
    "tonic-prost",
    "tonic-prost-build",
    "tower-service",
    "tracing",
];

impl Workspace {
    pub(crate) fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let parent = std::env::var_os("TEST_TMPDIR").map_or_else(std::env::temp_dir, PathBuf::from);
        let dir = parent.join(format!(
            "new-service-test.{}.{}",
            std::process::id(),
            NEXT.fetch_add(1, Ordering::Relaxed)
        ));
        let workspace = Self(dir);
        workspace.write("Cargo.toml", MANIFEST);
        let packages = LOCKED.map(|name| format!("\n[[package]]\nname = \"{name}\"\nversion = \"1.0.0\"\n"));
        workspace.write("Cargo.lock", &format!("version = 4\n{}", packages.concat()));
        workspace.write("services/hello/Cargo.toml", "");
        workspace.write("MODULE.bazel", "module(name = \"example\")\n");
        workspace.write("tools/rust/defs.bzl", "");
        workspace.write("tools/bazel", "");
        workspace
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.0.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> (i32, String) {
        let output = Command::new(BINARY)
            .env("BUILD_WORKSPACE_DIRECTORY", &self.0)
            .args(arguments)
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let messages = [output.stdout, output.stderr].concat();
        (
            output.status.code().unwrap(),
            String::from_utf8(messages).unwrap(),
        )
    }

    /// Returns all files with their content.
    pub(crate) fn files(&self) -> BTreeMap<String, String> {
        let mut files = BTreeMap::new();
        let mut directories = vec![self.0.clone()];
        while let Some(dir) = directories.pop() {
            for entry in fs::read_dir(dir).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    directories.push(path);
                } else {
                    let name = path.strip_prefix(&self.0).unwrap().to_str().unwrap().to_owned();
                    files.insert(name, fs::read_to_string(path).unwrap());
                }
            }
        }
        files
    }
}

impl Drop for Workspace {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
