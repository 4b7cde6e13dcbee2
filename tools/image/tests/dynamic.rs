//! Does nothing, and is linked dynamically.

fn main() {}
