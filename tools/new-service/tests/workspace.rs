//! Creates packages in a minimal workspace.

#![allow(clippy::panic, clippy::unwrap_used, missing_docs)]

mod common;

use std::collections::BTreeMap;
use std::fs;

use common::Workspace;
use serde::Deserialize;

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
fn writes_separate_cargo_workspace() {
    let workspace = Workspace::new();
    let before = workspace.files();
    let (code, output) = workspace.run(&["user-accounts", "--own-crates"]);
    assert_eq!(code, 0, "{output}");
    assert!(
        output.contains("    cargo fmt --manifest-path services/user-accounts/Cargo.toml\n"),
        "{output}"
    );
    let files = workspace.files();
    contains(
        &files,
        "services/user-accounts/Cargo.toml",
        &[
            "axum.workspace = true\n",
            "\n[workspace]\nresolver = \"2\"\n\n[workspace.package]\nversion = \"0.2.0\"\n",
            "\n[workspace.lints.rust]\nunsafe_code = \"forbid\"\n\n[workspace.dependencies]\naxum = \"0.8\"\n",
            "chassis = { path = \"../../services/chassis\" }\n",
        ],
    );
    contains(
        &files,
        "services/user-accounts/crates.MODULE.bazel",
        &[
            "use_extension(\"//:extensions.bzl\", \"thimble\")",
            "manifests = [\"@user_accounts_cargo_lock//services/user-accounts:Cargo.toml\"]",
            "platforms_template = \"@@//platforms/triples:{triple}\"",
        ],
    );
    contains(
        &files,
        "MODULE.bazel",
        &["\n\ninclude(\"//services/user-accounts:crates.MODULE.bazel\")\n"],
    );
    for file in ["Cargo.toml", "Cargo.lock"] {
        assert_eq!(files.get(file), before.get(file), "{file}");
    }
    assert_eq!(
        files.get("services/user-accounts/Cargo.lock"),
        before.get("Cargo.lock")
    );
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
