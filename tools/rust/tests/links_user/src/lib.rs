//! A package whose build script reads the metadata of a dependency.

/// The metadata of the dependency's build script.
pub const ANSWER: &str = env!("ANSWER");

#[test]
fn reads_metadata_of_dependency() {
    assert_eq!(ANSWER, "42");
    assert_eq!(cargo_build_script::CODES.len(), 2);
}

#[test]
fn dependency_reads_its_files() {
    assert_eq!(cargo_files::read_page(), cargo_files::PAGE);
}
