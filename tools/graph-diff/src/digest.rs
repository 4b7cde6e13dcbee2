//! SHA-256 over fields.

use std::fmt::Write;

use sha2::{Digest as _, Sha256};

pub(crate) type Digest = [u8; 32];

/// Hashes a field with its length, so that the boundaries of fields are unambiguous.
pub(crate) fn hash_field(hasher: &mut Sha256, bytes: &[u8]) {
    hasher.update((bytes.len() as u64).to_le_bytes());
    hasher.update(bytes);
}

pub(crate) fn hex(digest: &Digest) -> String {
    digest.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
