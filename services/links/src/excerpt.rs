//! Quotes of a request in error messages.

use std::fmt;

/// The quoted and escaped start of a text that a client sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Excerpt(String);

impl Excerpt {
    /// In bytes; an escaped byte has at most seven characters in JSON.
    const MAX: usize = 64;

    pub(crate) fn new(text: &str) -> Self {
        Self(format!("{:?}", chassis::truncate(text, Self::MAX)))
    }
}

impl fmt::Display for Excerpt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn excerpt(text: &str) -> String {
        Excerpt::new(text).to_string()
    }

    #[test]
    fn quotes_short_text_whole() {
        assert_eq!(excerpt("a\"b"), r#""a\"b""#);
        assert_eq!(excerpt(&"x".repeat(64)), format!("\"{}\"", "x".repeat(64)));
    }

    #[test]
    fn cuts_long_text_between_characters() {
        assert_eq!(
            excerpt(&format!("a{}", "ä".repeat(5000))),
            format!("\"a{}…\"", "ä".repeat(31))
        );
    }

    #[test]
    fn bounds_escaped_text() {
        assert!(excerpt(&"\u{7f}".repeat(5000)).len() < 400);
    }
}
