//! A package whose build script reads metadata of a dependency.

/// What the dependency's build script says.
pub const ANSWER: &str = env!("ANSWER");

#[test]
fn has_metadata() {
    assert_eq!(ANSWER, "42");
    assert_eq!(cargo_build_script::CODES.len(), 2);
}
