//! A program that reads a file of its package. Its test is `main`, because it has no harness.

fn main() {
    println!("{}", cargo_files::read_page().len());
}

#[test]
fn is_not_run() {
    panic!();
}
