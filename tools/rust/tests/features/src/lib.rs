//! Features that are enabled by default, by a dependent, or not at all.

/// Returns the names of the enabled features.
pub fn features() -> Vec<&'static str> {
    let mut names = Vec::new();
    if cfg!(feature = "std") {
        names.push("std");
    }
    #[cfg(feature = "extra")]
    names.push(if hex::encode([1]) == "01" { "extra" } else { "" });
    if cfg!(feature = "unused") || cfg!(feature = "fnv") {
        names.push("unused");
    }
    names
}

/// The description has characters with a meaning in shells and Bazel, and some outside of ASCII.
///
/// ```
/// assert_eq!(cargo_features::DESCRIPTION, "A crate's features, for $1 or 1 €");
/// assert_eq!(env!("CARGO_PKG_DESCRIPTION"), cargo_features::DESCRIPTION);
/// ```
pub const DESCRIPTION: &str = env!("CARGO_PKG_DESCRIPTION");

/// Exists only with the feature `extra`.
///
/// ```
/// assert_eq!(cargo_features::extra(), "extra");
/// ```
#[cfg(feature = "extra")]
pub fn extra() -> &'static str {
    "extra"
}

#[test]
fn unifies_features() {
    assert_eq!(features(), ["std", "extra"]);
}

#[test]
#[allow(
    clippy::disallowed_methods,
    reason = "variables of the test's process; cargo uses tools/clippy.toml"
)]
fn keeps_names_outside_ascii() {
    assert_eq!(env!("CARGO_PKG_AUTHORS"), "Zoë <zoe@example.org>");
    assert_eq!(
        std::env::var("CARGO_PKG_AUTHORS").as_deref(),
        Ok(env!("CARGO_PKG_AUTHORS"))
    );
    assert_eq!(std::env::var("CARGO_PKG_DESCRIPTION").as_deref(), Ok(DESCRIPTION));
}
