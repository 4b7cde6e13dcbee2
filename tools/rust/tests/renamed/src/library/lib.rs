//! Renamed dependencies, two versions of a crate, a dependency only for musl, and a module outside the directory of the library.

use derive_count::Count;

#[path = "../common.rs"]
mod common;

/// Has a field count that a macro derives.
#[derive(Count)]
pub struct Two {
    /// One.
    pub first: u8,
    /// Two.
    pub second: u8,
}

/// Encodes bytes with both versions of a crate.
///
/// ```
/// assert_eq!(renamed_library::encode(&[1, 255]), ("01ff".into(), "01ff".into()));
/// ```
pub fn encode(bytes: &[u8]) -> (String, String) {
    (hex::encode(bytes), hex_old::encode(bytes))
}

/// Hashes bytes. Exists only for musl.
#[cfg(target_env = "musl")]
pub fn hash(bytes: &[u8]) -> u64 {
    use std::hash::Hasher;

    let mut hasher = fast_hash::FnvHasher::default();
    hasher.write(bytes);
    hasher.finish()
}

/// Formats a number with a crate that several tables of the Cargo.toml name.
pub fn format(number: f64) -> String {
    dtoa::Buffer::new().format(number).to_owned()
}

#[cfg(target_os = "linux")]
cfg_if::cfg_if! {
    if #[cfg(unix)] {
        /// A constant by an optional dependency of Linux.
        pub const IS_UNIX: bool = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uses_crates_of_several_tables() {
        assert_eq!(format(1.5), "1.5");
        #[cfg(target_os = "linux")]
        const {
            assert!(IS_UNIX)
        };
    }

    #[async_trait::async_trait]
    trait Encoder {
        async fn encode(&self) -> String;
    }

    #[async_trait::async_trait]
    impl Encoder for f64 {
        async fn encode(&self) -> String {
            format(*self)
        }
    }

    #[test]
    fn uses_macro_of_several_tables() {
        let encoder: Box<dyn Encoder> = Box::new(1.5);
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        assert_eq!(
            encoder.encode().as_mut().poll(&mut context),
            std::task::Poll::Ready("1.5".to_owned())
        );
    }

    #[test]
    fn uses_dev_dependency_hidden_on_windows() {
        assert_eq!(httparse::Request::new(&mut []).path, None);
    }

    #[test]
    fn uses_module_outside_its_directory() {
        assert_eq!(common::DIRECTORY, "src");
    }

    #[test]
    fn derives_with_renamed_macro() {
        assert_eq!(Two::COUNT, 2);
    }

    #[test]
    fn uses_both_versions() {
        assert_eq!(encode(&[1]), ("01".to_owned(), "01".to_owned()));
    }

    #[cfg(target_env = "musl")]
    #[test]
    fn uses_musl_dependency() {
        assert_eq!(hash(b""), 0xcbf2_9ce4_8422_2325);
    }

    // Let chains require edition 2024.
    #[test]
    fn compiles_with_edition_2024() {
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
