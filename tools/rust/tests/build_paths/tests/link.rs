//! Links the whole library of the C compiler, once.

#[test]
fn links_library_once() {
    assert!(!cargo_build_paths::LIBRARY.is_empty());
}
