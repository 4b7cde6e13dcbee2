//! Features that are on by default, by a dependent, or not at all.

/// Names of the features that are on.
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

/// Documented with the feature alone.
///
/// ```
/// assert_eq!(cargo_features::extra(), "extra");
/// ```
#[cfg(feature = "extra")]
pub fn extra() -> &'static str {
    "extra"
}

#[test]
fn features_are_united() {
    assert_eq!(features(), ["std", "extra"]);
}
