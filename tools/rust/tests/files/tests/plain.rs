//! A test without the harness that has another test as a module.

#[allow(dead_code, unused_imports)]
mod files;

fn main() {
    assert_eq!(cargo_files::PAGE.len(), 12);
    assert!(files::TEXT.starts_with('{'));
}
