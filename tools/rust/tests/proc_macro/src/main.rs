//! A program of the package that uses its macro.

#[derive(cargo_proc_macro::Count)]
struct Empty {}

fn main() {
    assert_eq!(Empty::COUNT, 0);
}

#[test]
fn uses_macro_of_package() {
    assert_eq!(Empty::COUNT, 0);
}
