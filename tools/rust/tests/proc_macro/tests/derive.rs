//! Uses the macro from another crate.

#[derive(cargo_proc_macro::Count)]
#[allow(dead_code)]
struct One {
    field: u8,
}

#[test]
fn counts_fields() {
    assert_eq!(One::COUNT, 1);
}
