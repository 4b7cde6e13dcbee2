//! A library that contains paths of its build.

/// Paths and time of the build script.
///
/// ```
/// assert_eq!(cargo_build_paths::VALUES, cargo_build_paths::LINKED_VALUES);
/// ```
pub const VALUES: &str = include_str!(env!("VALUES_FILE"));

/// The same, through a symlink that the build script made.
pub const LINKED_VALUES: &str = include_str!(concat!(env!("OUT_DIR"), "/a/b/link.txt"));

/// The library of the C compiler.
pub const LIBRARY: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/libpaths.a"));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn maps_paths_of_outputs() {
        assert!(VALUES.starts_with("CC="));
        assert_eq!(VALUES, LINKED_VALUES);
    }

    #[cfg(closed_network)]
    #[test]
    fn maps_paths_of_package() {
        let manifest = include_str!("../Cargo.toml");
        assert_eq!(include_str!(env!("MANIFEST")), manifest);
        assert_eq!(include_str!(env!("COMPILED_MANIFEST")), manifest);
        assert_eq!(include!(concat!(env!("OUT_DIR"), "/manifest.rs")), manifest);
    }

    #[test]
    fn hides_sandbox_from_build_scripts() {
        if std::env::var("NETWORK").as_deref() != Ok("closed") {
            return;
        }
        assert!(
            VALUES.contains("\nOUT_DIR=/usr/local/src/target/build/package/out\n"),
            "{VALUES}"
        );
        assert!(VALUES.starts_with("CC=/usr/local/src/pwd/external/"), "{VALUES}");
        assert!(VALUES.ends_with("\nSOURCE_DATE_EPOCH=315532800\n"), "{VALUES}");
        let library = String::from_utf8_lossy(LIBRARY);
        assert!(library.contains("OUT_DIR=/usr/local/src/"));
        assert!(library.contains("Jan  1 1980"));
        for path in ["/execroot/", "bazel-out/", "sandbox"] {
            assert!(!library.contains(path), "{path}");
        }
    }
}
