//! Tests the program in a minimal workspace.

#![allow(clippy::panic, clippy::unwrap_used, missing_docs)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use serde::Deserialize;

const BINARY: &str = env!("CARGO_BIN_EXE_new-service");

struct Workspace(PathBuf);

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
    fn new() -> Self {
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
        workspace.write("tools/rust/defs.bzl", "");
        workspace.write("tools/bazel", "");
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
    fn files(&self) -> BTreeMap<String, String> {
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

/// Creates a package and returns its files, by path relative to the package.
fn create(workspace: &Workspace, name: &str, kind: &str) -> BTreeMap<String, String> {
    let (code, output) = workspace.run(&[name, "--kind", kind]);
    assert_eq!(code, 0, "{output}");
    let prefix = format!("services/{name}/");
    let files: BTreeMap<_, _> = workspace
        .files()
        .into_iter()
        .filter_map(|(path, text)| Some((path.strip_prefix(&prefix)?.to_owned(), text)))
        .collect();
    for (path, text) in &files {
        assert!(!text.contains("{{") && !path.contains("{{"), "{path}: {text}");
        assert!(
            text.ends_with('\n') && !text.ends_with("\n\n"),
            "{path}: {text:?}"
        );
        assert!(
            output.contains(&format!("wrote services/{name}/{path}")),
            "{output}"
        );
    }
    files
}

/// Asserts that a file contains all texts.
#[track_caller]
fn contains(files: &BTreeMap<String, String>, path: &str, texts: &[&str]) {
    let file = files
        .get(path)
        .unwrap_or_else(|| panic!("no {path} in {:?}", files.keys()));
    for text in texts {
        assert!(file.contains(text), "no {text:?} in {file}");
    }
}

const IMAGE: [&str; 3] = [
    "user-accounts.image.json",
    "user-accounts.image.mtree",
    "user-accounts.image.size.json",
];

#[test]
fn writes_an_http_service() {
    let workspace = Workspace::new();
    let files = create(&workspace, "user-accounts", "http");
    let sources = [
        "BUILD.bazel",
        "Cargo.toml",
        "src/lib.rs",
        "src/main.rs",
        "tests/app.rs",
        "tests/http.rs",
    ];
    assert_eq!(files.keys().collect::<Vec<_>>(), [&sources[..], &IMAGE].concat());
    contains(
        &files,
        "BUILD.bazel",
        &[
            "load(\"//tools/rust:defs.bzl\", \"rust_service\")",
            "name = \"user-accounts\",",
        ],
    );
    contains(
        &files,
        "src/main.rs",
        &["Service::new(\"user-accounts\"", "use user_accounts::app;"],
    );
    contains(&files, "tests/http.rs", &["CARGO_BIN_EXE_user-accounts"]);
    contains(
        &files,
        "user-accounts.image.json",
        &["\"/user-accounts\"", "\"8080/tcp\""],
    );
    contains(
        &files,
        "user-accounts.image.mtree",
        &["./user-accounts type=file"],
    );
}

#[test]
fn writes_a_grpc_service() {
    let workspace = Workspace::new();
    let files = create(&workspace, "user-accounts", "grpc");
    let sources = [
        "BUILD.bazel",
        "Cargo.toml",
        "build.rs",
        "proto/user_accounts/v1/user_accounts.proto",
        "src/greeter.rs",
        "src/lib.rs",
        "src/main.rs",
        "tests/methods.rs",
        "tests/program.rs",
    ];
    assert_eq!(files.keys().collect::<Vec<_>>(), [&sources[..], &IMAGE].concat());
    contains(
        &files,
        "BUILD.bazel",
        &["\"rust_grpc_service\"", "name = \"user-accounts\","],
    );
    contains(
        &files,
        "build.rs",
        &["\"proto/user_accounts/v1/user_accounts.proto\""],
    );
    contains(
        &files,
        "proto/user_accounts/v1/user_accounts.proto",
        &["package user_accounts.v1;"],
    );
    contains(
        &files,
        "src/lib.rs",
        &["tonic::include_proto!(\"user_accounts.v1\")"],
    );
    contains(
        &files,
        "tests/methods.rs",
        &["use user_accounts::GreeterService;"],
    );
}

#[test]
fn writes_a_job() {
    let workspace = Workspace::new();
    let files = create(&workspace, "user-accounts", "job");
    let sources = [
        "BUILD.bazel",
        "Cargo.toml",
        "src/lib.rs",
        "src/main.rs",
        "tests/program.rs",
    ];
    assert_eq!(files.keys().collect::<Vec<_>>(), [&sources[..], &IMAGE].concat());
    contains(
        &files,
        "BUILD.bazel",
        &["\"rust_job\"", "probe_args = [\"gates\"],"],
    );
    contains(
        &files,
        "src/main.rs",
        &["Job::new(\"user-accounts\"", "use user_accounts::greeting;"],
    );
    contains(&files, "user-accounts.image.json", &["\"exposed_ports\": [],"]);
}

#[test]
fn writes_a_shared_crate() {
    let workspace = Workspace::new();
    let files = create(&workspace, "user-accounts", "crate");
    assert_eq!(
        files.keys().collect::<Vec<_>>(),
        ["BUILD.bazel", "Cargo.toml", "src/lib.rs"]
    );
    contains(
        &files,
        "BUILD.bazel",
        &["\"rust_crate\"", "name = \"user-accounts\","],
    );
    let (_, output) = workspace.run(&["money", "--kind", "crate"]);
    assert!(
        !output.contains("size_test") && !output.contains(":load"),
        "{output}"
    );
}

#[test]
fn defaults_to_http() {
    let workspace = Workspace::new();
    let (code, output) = workspace.run(&["payments"]);
    assert_eq!(code, 0, "{output}");
    assert!(
        output.contains(
            "next steps:\n    cargo fmt --package payments\n    tools/bazel test //services/payments:all\n"
        ),
        "{output}"
    );
    assert!(workspace.0.join("services/payments/tests/http.rs").exists());
}

#[test]
fn adds_member_and_dependencies() {
    for kind in ["http", "grpc", "job", "crate"] {
        let workspace = Workspace::new();
        let files = create(&workspace, "payments", kind);
        let own: Table = basic_toml::from_str(files.get("Cargo.toml").unwrap()).unwrap();
        let all = workspace.files();
        let root: Root = basic_toml::from_str(all.get("Cargo.toml").unwrap()).unwrap();
        assert_eq!(root.workspace.members, ["services/hello", "services/payments"]);
        let lock: Lock = basic_toml::from_str(all.get("Cargo.lock").unwrap()).unwrap();
        let locked = lock.package.iter().find(|it| it.name == "payments").unwrap();
        assert_eq!(locked.version, "0.2.0");
        let mut names: Vec<_> = [&own.dependencies, &own.build_dependencies, &own.dev_dependencies]
            .into_iter()
            .flat_map(BTreeMap::keys)
            .collect();
        names.sort();
        assert_eq!(locked.dependencies.iter().collect::<Vec<_>>(), names);
        for name in names {
            assert!(root.workspace.dependencies.contains_key(name), "{name}");
        }
        assert_eq!(
            own.package.keys().collect::<Vec<_>>(),
            ["description", "edition", "license", "name", "publish", "version"]
        );
        assert!(own.lints.is_some());
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Table {
    package: BTreeMap<String, serde_json::Value>,
    #[serde(default)]
    dependencies: BTreeMap<String, serde_json::Value>,
    #[serde(default)]
    build_dependencies: BTreeMap<String, serde_json::Value>,
    #[serde(default)]
    dev_dependencies: BTreeMap<String, serde_json::Value>,
    lints: Option<serde_json::Value>,
}

#[derive(Deserialize)]
struct Root {
    workspace: Members,
}

#[derive(Deserialize)]
struct Members {
    members: Vec<String>,
    dependencies: BTreeMap<String, serde_json::Value>,
}

#[derive(Deserialize)]
struct Lock {
    package: Vec<Locked>,
}

#[derive(Deserialize)]
struct Locked {
    name: String,
    version: String,
    #[serde(default)]
    dependencies: Vec<String>,
}

#[test]
fn supports_other_workspaces() {
    let workspace = Workspace::new();
    fs::remove_file(workspace.0.join("tools/rust/defs.bzl")).unwrap();
    fs::remove_file(workspace.0.join("tools/bazel")).unwrap();
    fs::remove_file(workspace.0.join("Cargo.lock")).unwrap();
    let manifest =
        "[workspace]\nmembers = [\"services/*\"]\n\n[workspace.dependencies]\nchassis = { path = \"x\" }\n";
    workspace.write("Cargo.toml", manifest);
    let files = create(&workspace, "payments", "job");
    contains(
        &files,
        "BUILD.bazel",
        &["load(\"@thimble//tools/rust:defs.bzl\", \"rust_job\")"],
    );
    let own = files.get("Cargo.toml").unwrap();
    assert!(
        own.contains("version = \"0.1.0\"\nedition = \"2021\"\npublish = false\n\n[dependencies]\n"),
        "{own}"
    );
    assert!(!own.contains("[lints]"), "{own}");
    let all = workspace.files();
    let line = "tracing = { version = \"0.1\", default-features = false, features = [\"std\"] }\n";
    assert_eq!(*all.get("Cargo.toml").unwrap(), format!("{manifest}{line}"));
    assert!(!all.contains_key("Cargo.lock"));
    let (_, output) = workspace.run(&["money", "--kind", "crate"]);
    assert!(
        output.contains(
            "    cargo update --workspace\n    cargo fmt --package money\n    bazel test //services/money:all\n"
        ),
        "{output}"
    );
}

#[test]
fn rejects_workspace_without_chassis() {
    let workspace = Workspace::new();
    workspace.write("Cargo.toml", "[workspace]\nmembers = []\n");
    let before = workspace.files();
    let (code, output) = workspace.run(&["payments"]);
    assert_eq!(code, 1, "{output}");
    assert!(
        output.contains("Cargo.toml: missing \"chassis\" in [workspace.dependencies]; add it")
            && output.contains("\n    chassis = { path"),
        "{output}"
    );
    assert_eq!(workspace.files(), before);
}

#[test]
fn rejects_invalid_and_used_names() {
    let workspace = Workspace::new();
    let before = workspace.files();
    for (name, problem) in [
        ("Payments", "expected a-z, 0-9"),
        ("hello", "services/hello already exists"),
        ("axum", "Cargo.lock already has a crate of that name"),
        ("tonic_prost", "Cargo.lock already has a crate of that name"),
        ("match", "reserved keyword"),
        ("../up", "expected a-z, 0-9"),
        ("", "expected 2 to 40 characters"),
    ] {
        let (code, output) = workspace.run(&[name]);
        assert_eq!(code, 64, "{output}");
        assert!(output.contains(&format!("invalid name {name:?}")), "{output}");
        assert!(output.contains(problem), "{output}");
    }
    assert_eq!(workspace.files(), before);
}

#[test]
fn rejects_invalid_arguments() {
    let workspace = Workspace::new();
    let before = workspace.files();
    for (arguments, problem) in [
        (&[][..], "missing argument NAME"),
        (&["one", "two"], "unexpected argument \"two\""),
        (
            &["one", "--kind", "cron"],
            "invalid kind \"cron\": expected http, grpc, job or crate",
        ),
        (&["one", "--kind"], "missing argument for option '--kind'"),
    ] {
        let (code, output) = workspace.run(arguments);
        assert_eq!(code, 64, "{output}");
        assert!(output.contains(problem), "{output}");
        assert!(
            output.contains("\n    tools/bazel run //tools/new-service"),
            "{output}"
        );
    }
    assert_eq!(workspace.files(), before);
    let (code, output) = workspace.run(&["--help"]);
    assert!(code == 0 && output.contains("grpc   a service"), "{output}");
}

#[test]
fn undoes_partial_writes() {
    let workspace = Workspace::new();
    // A directory blocks the temporary name of the last file.
    fs::create_dir(workspace.0.join(".Cargo.lock.new")).unwrap();
    let before = workspace.files();
    let (code, output) = workspace.run(&["payments"]);
    assert_eq!(code, 1, "{output}");
    assert!(output.contains("cannot write"), "{output}");
    assert_eq!(workspace.files(), before);
    assert!(!workspace.0.join("services/payments").exists());
}

#[test]
fn rejects_invalid_manifests() {
    for (text, problem) in [
        ("other\n", "Cargo.toml: invalid workspace manifest"),
        (
            "[package]\nname = \"a\"\n",
            "Cargo.toml: invalid workspace manifest",
        ),
        ("[workspace]\n", "Cargo.toml: missing list \"members = [\""),
    ] {
        let workspace = Workspace::new();
        workspace.write("Cargo.toml", text);
        let before = workspace.files();
        let (code, output) = workspace.run(&["payments", "--kind", "crate"]);
        assert_eq!(code, 1, "{output}");
        assert!(output.contains(problem), "{output}");
        assert_eq!(workspace.files(), before);
    }
}

#[test]
fn requires_bazel_run() {
    let output = Command::new(Path::new(BINARY))
        .env_remove("BUILD_WORKSPACE_DIRECTORY")
        .arg("payments")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(64));
    assert!(String::from_utf8_lossy(&output.stderr).contains("tools/bazel run //tools/new-service"));
}
