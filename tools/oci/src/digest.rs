//! SHA-256 digests, the only algorithm that this crate supports.

use std::fmt::Write;

use sha2::{Digest, Sha256};

const PREFIX: &str = "sha256:";

/// The SHA-256 of `bytes`: 64 lowercase hexadecimal digits.
pub fn sha256_hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
}

/// The digest of `bytes` as in a descriptor: `sha256:<hex>`.
pub fn digest(bytes: &[u8]) -> String {
    format!("{PREFIX}{}", sha256_hex(bytes))
}

/// The hexadecimal part of a digest, or none if the digest is invalid.
pub(crate) fn hex_part(digest: &str) -> Option<&str> {
    let is_hex_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    digest
        .strip_prefix(PREFIX)
        .filter(|hex| hex.len() == 64 && hex.bytes().all(is_hex_digit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_own_digests() {
        let digest = digest(b"hello");
        assert_eq!(
            digest,
            "sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
        );
        assert_eq!(hex_part(&digest), Some(sha256_hex(b"hello").as_str()));
    }

    #[test]
    fn rejects_invalid_digests() {
        let hex = sha256_hex(b"hello");
        for invalid in [
            hex.clone(),
            format!("sha512:{hex}"),
            format!("sha256:{}", hex.to_uppercase()),
            format!("sha256:../{hex}"),
            "sha256:2cf24d".to_owned(),
        ] {
            assert_eq!(hex_part(&invalid), None, "{invalid}");
        }
    }
}
