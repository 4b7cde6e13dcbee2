#![doc = include_str!("../README.md")]

/// A file outside `src`.
///
/// Its documentation tests use renamed dev-dependencies, and a library whose name is not that of its package:
///
/// ```
/// #[derive(derive::Count)]
/// struct One {
///     _field: u8,
/// }
/// assert_eq!(One::COUNT, 1);
/// assert_eq!(from_hex::decode("01").unwrap(), [1]);
/// assert!(arrays::array("NAMES", ["a"].into_iter()).contains("NAMES"));
/// assert_eq!(renamed_library::encode(&[1]).0, "01");
/// assert!(cargo_files::PAGE.contains("page"));
/// ```
pub const PAGE: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/static/page.html"));

/// Reads the file at run time.
pub fn read_page() -> String {
    std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/static/page.html")).unwrap()
}

/// A variable that only the BUILD file sets.
pub const FROM_BUILD_FILE: Option<&str> = option_env!("FROM_BUILD_FILE");

#[path = "../shared/part.rs"]
mod part;

pub use part::PART;

#[cfg(test)]
#[path = "../tests/common/mod.rs"]
mod common;

#[test]
fn includes_modules_of_integration_tests() {
    assert_eq!(PAGE, common::PAGE);
}

#[test]
fn includes_files_of_integration_tests() {
    assert_eq!(include_str!("../tests/data/a.json").len(), 8);
    assert_eq!(PART, "part");
    assert_eq!(env!("CARGO_PKG_README"), "README.md");
}
