//! Files at the places where cargo has them.

use std::path::{Path, PathBuf};
use std::{env, fs};

/// Of `tests/data/a.json`.
pub const TEXT: &str = "{\"a\":1}\n";

#[test]
fn working_directory_is_the_package() {
    assert_eq!(fs::read_to_string("tests/data/a.json").unwrap(), TEXT);
    assert!(Path::new("tests/data/a.json")
        .symlink_metadata()
        .unwrap()
        .is_file());
}

#[test]
fn manifest_directory_is_the_package() {
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
fn files_are_included() {
    assert_eq!(include_str!("data/a.json"), TEXT);
    assert_eq!(cargo_files::PAGE, "<p>page</p>\n");
}

#[test]
fn files_can_be_written() {
    for directory in [".", env!("CARGO_TARGET_TMPDIR")] {
        let file = Path::new(directory).join("written.tmp");
        fs::write(&file, "text").unwrap();
        fs::remove_file(file).unwrap();
    }
}

#[test]
fn variables_of_the_build_file_are_passed() {
    // Cargo has neither.
    assert_eq!(
        cargo_files::FROM_BUILD_FILE,
        env::var("FROM_TEST_ENV").ok().as_deref()
    );
}
