//! Snapshot tests with insta.

#[test]
fn file() {
    insta::assert_snapshot!("greeting", "hello");
}

#[test]
fn inline() {
    insta::assert_snapshot!("hello", @"hello");
}
