//! An example.

fn main() {
    print!("{}", cargo_files::PAGE);
}
