//! An example.

#[path = "../tests/common/mod.rs"]
mod common;

fn main() {
    print!("{}", common::PAGE);
}

#[test]
fn runs_tests_of_examples() {
    assert_eq!(cargo_files::PAGE, common::PAGE);
}
