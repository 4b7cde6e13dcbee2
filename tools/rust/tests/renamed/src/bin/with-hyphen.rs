//! A program with a module outside of its directory.

#[path = "../shared.rs"]
mod shared;

fn main() {
    println!("{}", shared::NAME);
}
