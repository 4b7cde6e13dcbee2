//! The macro, from outside.

#[derive(cargo_proc_macro::Count)]
#[allow(dead_code)]
struct One {
    field: u8,
}

#[test]
fn counts() {
    assert_eq!(One::COUNT, 1);
}
