//! Runs the programs from another directory.

use std::env;
use std::process::Command;

fn output(program: &str) -> String {
    let output = Command::new(program).current_dir("/").output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn finds_programs() {
    assert_eq!(output(env!("CARGO_BIN_EXE_renamed")), "renamed 2\n");
    assert_eq!(output(env!("CARGO_BIN_EXE_second")), "second\n");
}

#[test]
fn finds_programs_by_environment() {
    for (program, expected) in [("renamed", "renamed 2\n"), ("with-hyphen", "with-hyphen\n")] {
        let path = env::var(format!("CARGO_BIN_EXE_{program}")).unwrap();
        assert_eq!(output(&path), expected);
    }
}

#[test]
fn knows_path_of_skipped_program() {
    assert!(!std::path::Path::new(env!("CARGO_BIN_EXE_without-feature")).exists());
}
