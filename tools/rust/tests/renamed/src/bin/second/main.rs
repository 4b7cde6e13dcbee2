//! A program of several files.

mod part;

fn main() {
    println!("{}", part::TEXT);
}
