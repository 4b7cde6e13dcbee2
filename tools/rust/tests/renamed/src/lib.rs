//! Renamed dependencies, two versions of one, and one that musl alone has.

use derive_count::Count;

/// Counted by a macro.
#[derive(Count)]
pub struct Two {
    /// One.
    pub first: u8,
    /// Two.
    pub second: u8,
}

/// The same bytes by both versions of a crate.
///
/// ```
/// assert_eq!(renamed_library::encode(&[1, 255]), ("01ff".into(), "01ff".into()));
/// ```
pub fn encode(bytes: &[u8]) -> (String, String) {
    (hex::encode(bytes), hex_old::encode(bytes))
}

/// A hash, where the C library is musl.
#[cfg(target_env = "musl")]
pub fn hash(bytes: &[u8]) -> u64 {
    use std::hash::Hasher;

    let mut hasher = fast_hash::FnvHasher::default();
    hasher.write(bytes);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn derives() {
        assert_eq!(Two::COUNT, 2);
    }

    #[test]
    fn has_both_versions() {
        assert_eq!(encode(&[1]), ("01".to_owned(), "01".to_owned()));
    }

    #[cfg(target_env = "musl")]
    #[test]
    fn has_dependency_of_musl() {
        assert_eq!(hash(b""), 0xcbf2_9ce4_8422_2325);
    }

    // Let chains are of edition 2024.
    #[test]
    fn has_edition() {
        let (one, two) = (Some(1), Some(2));
        assert!(if let Some(one) = one
            && let Some(two) = two
        {
            one < two
        } else {
            false
        });
    }
}
