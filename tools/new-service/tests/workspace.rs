//! The program, on a small workspace.

#![allow(clippy::unwrap_used, missing_docs)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

const BINARY: &str = env!("CARGO_BIN_EXE_new-service");

struct Workspace(PathBuf);

impl Workspace {
    fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let parent = std::env::var_os("TEST_TMPDIR").map_or_else(std::env::temp_dir, PathBuf::from);
        let dir = parent.join(format!(
            "new-service-test.{}.{}",
            std::process::id(),
            NEXT.fetch_add(1, Ordering::Relaxed)
        ));
        let workspace = Self(dir);
        workspace.write("Cargo.toml", "[workspace]\nmembers = [\"services/hello\"]\n");
        workspace.write("Cargo.lock", "version = 4\n\n[[package]]\nname = \"axum\"\nversion = \"1\"\n\n[[package]]\nname = \"hello\"\nversion = \"0.1.0\"\n");
        workspace.write("services/hello/BUILD.bazel", "rust_service(name = \"hello\")\n");
        workspace.write("services/hello/src/main.rs", "use hello::app; // Hello World\n");
        workspace.write("services/hello/.swap", "an editor's\n");
        workspace
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.0.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn run(&self, arguments: &[&str]) -> (i32, String) {
        let output = Command::new(BINARY)
            .env("BUILD_WORKSPACE_DIRECTORY", &self.0)
            .args(arguments)
            .output()
            .unwrap();
        let said = [output.stdout, output.stderr].concat();
        (output.status.code().unwrap(), String::from_utf8(said).unwrap())
    }

    /// Every file with its text.
    fn files(&self) -> BTreeMap<String, String> {
        let mut files = BTreeMap::new();
        let mut folders = vec![self.0.clone()];
        while let Some(dir) = folders.pop() {
            for entry in fs::read_dir(dir).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
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

#[test]
fn a_service_is_the_model_under_another_name() {
    let workspace = Workspace::new();
    let before = workspace.files();
    let (code, said) = workspace.run(&["payments"]);
    assert_eq!(code, 0, "{said}");
    assert!(
        said.contains("tools/bazel test //services/payments:all"),
        "{said}"
    );
    let after = workspace.files();
    assert_eq!(
        after.get("services/payments/src/main.rs").unwrap(),
        "use payments::app; // Hello World\n"
    );
    assert_eq!(
        after.get("services/payments/BUILD.bazel").unwrap(),
        "rust_service(name = \"payments\")\n"
    );
    assert!(after.get("Cargo.toml").unwrap().contains("\"services/payments\""));
    assert!(after.get("Cargo.lock").unwrap().contains("name = \"payments\""));
    assert_eq!(after.len(), before.len() + 2, "{after:#?}");
}

#[test]
fn a_name_that_is_bad_or_taken_changes_nothing() {
    let workspace = Workspace::new();
    let before = workspace.files();
    for (name, problem) in [
        ("Payments", "allowed are a-z"),
        ("hello", "services/hello is there already"),
        ("axum", "Cargo.lock has a crate of that name"),
        ("match", "a word of Rust"),
        ("../up", "allowed are a-z"),
        ("", "2 to 40 characters"),
    ] {
        let (code, said) = workspace.run(&[name]);
        assert_eq!(code, 64, "{said}");
        assert!(said.contains(problem), "{said}");
    }
    assert_eq!(workspace.run(&[]).0, 64);
    assert_eq!(workspace.run(&["one", "two"]).0, 64);
    assert_eq!(workspace.files(), before);
}

#[test]
fn what_fails_half_way_leaves_nothing() {
    let workspace = Workspace::new();
    // A folder where the last file would go.
    fs::create_dir(workspace.0.join(".Cargo.lock.new")).unwrap();
    let before = workspace.files();
    let (code, said) = workspace.run(&["payments"]);
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("cannot write"), "{said}");
    assert_eq!(workspace.files(), before);
    assert!(!workspace.0.join("services/payments").exists());
}

#[test]
fn a_workspace_of_another_form_is_refused() {
    for file in ["Cargo.toml", "Cargo.lock"] {
        let workspace = Workspace::new();
        workspace.write(file, "other\n");
        let before = workspace.files();
        let (code, said) = workspace.run(&["payments"]);
        assert_eq!(code, 1, "{said}");
        assert!(said.contains(&format!("{file}: no ")), "{said}");
        assert_eq!(workspace.files(), before);
    }
}

#[test]
fn outside_bazel_it_says_how_to_call_it() {
    let output = Command::new(Path::new(BINARY))
        .env_remove("BUILD_WORKSPACE_DIRECTORY")
        .arg("payments")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(64));
    assert!(String::from_utf8_lossy(&output.stderr).contains("tools/bazel run //tools/new-service"));
}
