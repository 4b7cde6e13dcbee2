#![doc = include_str!("../README.md")]

/// A file beside `src`.
pub const PAGE: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/static/page.html"));

/// A variable of the BUILD file, which cargo does not have.
pub const FROM_BUILD_FILE: Option<&str> = option_env!("FROM_BUILD_FILE");

#[path = "../shared/part.rs"]
mod part;

pub use part::PART;

#[test]
fn unit_tests_include_files_of_tests() {
    assert_eq!(include_str!("../tests/data/a.json").len(), 8);
    assert_eq!(PART, "part");
}
