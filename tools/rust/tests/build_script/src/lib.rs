//! Uses the generated code and the variables of a build script.

pub mod currency;

include!(concat!(env!("OUT_DIR"), "/codes.rs"));

/// The version of the package at the compile time of the build script.
pub const SCRIPT_VERSION: &str = env!("SCRIPT_VERSION");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn includes_generated_code() {
        assert_eq!(CODES, ["EUR", "USD"]);
        assert!(CODES.into_iter().all(currency::is_code));
        assert_eq!(CODES.into_iter().collect::<fnv::FnvHashSet<_>>().len(), 2);
    }

    #[cfg(not(from_script))]
    compile_error!("missing cfg of the build script");

    /// A program of glibc names its `libc.so.6`.
    #[cfg(target_env = "musl")]
    #[test]
    fn links_c_with_the_libc_of_the_target() {
        let program = include_bytes!(concat!(env!("OUT_DIR"), "/program"));
        assert!(program.starts_with(b"\x7fELF"));
        assert!(!program.windows(9).any(|bytes| bytes == b"libc.so.6"));
    }

    #[test]
    fn reads_build_script_variables() {
        assert_eq!(env!("SCRIPT_NAME"), "cargo_build_script");
        assert_eq!(env!("SCRIPT_DESCRIPTION"), env!("CARGO_PKG_DESCRIPTION"));
    }

    #[test]
    fn reads_package_variables() {
        assert_eq!(
            env!("CARGO_PKG_DESCRIPTION"),
            "The script's cost is $1 or $(x): OUT_DIR, variables, metadata"
        );
        assert_eq!(SCRIPT_VERSION, "3.1.4-rc.2");
        assert_eq!(env!("CARGO_PKG_VERSION"), "3.1.4-rc.2");
        assert_eq!(env!("CARGO_PKG_VERSION_PATCH"), "4");
        assert_eq!(env!("CARGO_PKG_VERSION_PRE"), "rc.2");
        assert_eq!(env!("CARGO_PKG_AUTHORS"), "First <first@example.org>:Second");
        assert_eq!(env!("CARGO_PKG_NAME"), "cargo_build_script");
        assert_eq!(env!("CARGO_PKG_LICENSE"), "Apache-2.0");
        // Set for the build script only.
        assert_eq!(option_env!("CARGO_MANIFEST_LINKS"), None);
    }
}
