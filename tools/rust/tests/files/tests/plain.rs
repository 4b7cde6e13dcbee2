//! A test without the harness.

fn main() {
    assert_eq!(cargo_files::PAGE.len(), 12);
}
