//! Files are at the same paths as under cargo.

#[path = "common/mod.rs"]
mod common;

use std::path::{Path, PathBuf};
use std::{env, fs};

/// The content of `tests/data/a.json`.
pub const TEXT: &str = "{\"a\":1}\n";

#[test]
fn runs_in_package_directory() {
    assert_eq!(fs::read_to_string("tests/data/a.json").unwrap(), TEXT);
    assert!(Path::new("tests/data/a.json")
        .symlink_metadata()
        .unwrap()
        .is_file());
}

#[test]
fn manifest_directory_is_package_directory() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR"));
    assert_eq!(
        fs::read_to_string(directory.join("tests/data/a.json")).unwrap(),
        TEXT
    );
    assert_eq!(
        env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from).as_deref(),
        Some(directory)
    );
    assert_eq!(env::current_dir().unwrap(), directory.canonicalize().unwrap());
}

#[test]
fn includes_files() {
    assert_eq!(include_str!("data/a.json"), TEXT);
    assert_eq!(include_str!("../examples/title.txt"), "title\n");
    assert_eq!(cargo_files::PAGE, common::PAGE);
}

#[test]
fn programs_read_files() {
    let program = env!("CARGO_BIN_EXE_page-length");
    let output = std::process::Command::new(program).output().unwrap();
    assert_eq!(output.stdout, b"12\n");
}

#[test]
fn writes_files() {
    for directory in [".", env!("CARGO_TARGET_TMPDIR")] {
        let file = Path::new(directory).join("written.tmp");
        fs::write(&file, "text").unwrap();
        fs::remove_file(file).unwrap();
    }
}

#[test]
fn reads_sources_at_run_time() {
    let source = fs::read_to_string("src/lib.rs").unwrap();
    assert_eq!(source, include_str!("../src/lib.rs"));
}

#[test]
fn finds_sources_by_workspace_root() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .filter(|directory| directory.join("Cargo.toml").exists())
        .last()
        .unwrap();
    assert!(root.join(file!()).exists());
}

#[test]
fn sets_package_variables_at_run_time() {
    assert_eq!(env::var("CARGO_PKG_NAME").as_deref(), Ok("cargo_files"));
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
    assert_eq!(
        env::var_os("CARGO_MANIFEST_PATH").map(PathBuf::from),
        Some(manifest)
    );
}

#[test]
fn passes_variables_of_build_file() {
    // Both are absent under cargo.
    assert_eq!(
        cargo_files::FROM_BUILD_FILE,
        env::var("FROM_TEST_ENV").ok().as_deref()
    );
}
