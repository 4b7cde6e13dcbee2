//! A benchmark.

fn main() {
    assert_eq!(cargo_files::PAGE.len(), 12);
}
