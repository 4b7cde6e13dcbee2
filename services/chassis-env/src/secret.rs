//! Secrets.

use std::fmt;

/// A secret text, which is redacted in `Debug` output.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    pub(crate) fn from_utf8(bytes: Vec<u8>) -> Option<Self> {
        String::from_utf8(bytes)
            .ok()
            .filter(|text| !text.is_empty())
            .map(Self)
    }

    /// Returns the text.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}
