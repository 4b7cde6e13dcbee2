//! An empty program, linked dynamically.

fn main() {}
