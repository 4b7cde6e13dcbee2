//! An example.

#[path = "../tests/common/mod.rs"]
mod common;

fn main() {
    let title = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/title.txt");
    assert_eq!(std::fs::read_to_string(title).unwrap(), include_str!("title.txt"));
    print!("{}", common::PAGE);
}

#[test]
fn runs_tests_of_examples() {
    assert_eq!(cargo_files::PAGE, common::PAGE);
}

#[test]
fn has_variables_of_examples() {
    assert_eq!(env!("CARGO_BIN_NAME"), "show");
    assert_eq!(option_env!("CARGO_BIN_EXE_page-length"), None);
    assert_eq!(option_env!("CARGO_TARGET_TMPDIR"), None);
}
