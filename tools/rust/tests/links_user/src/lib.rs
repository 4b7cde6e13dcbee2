//! A package whose build script reads the metadata of a dependency.

/// The metadata of the dependency's build script.
pub const ANSWER: &str = env!("ANSWER");

#[test]
fn reads_metadata_of_dependency() {
    assert_eq!(ANSWER, "42");
    assert_eq!(cargo_build_script::CODES.len(), 2);
}
