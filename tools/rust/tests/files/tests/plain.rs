//! A test without the harness, with a module that is a test itself.

#[allow(unused_imports)]
mod files;

fn main() {
    assert_eq!(cargo_files::PAGE.len(), 12);
    assert!(files::TEXT.starts_with('{'));
}
