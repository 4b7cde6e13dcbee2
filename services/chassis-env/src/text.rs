//! Text in messages.

use std::borrow::Cow;

/// Returns the text, or its first `max_bytes` bytes and an ellipsis if it is longer. Never splits a character.
///
/// For values in messages, which may be as long as a request.
///
/// ```
/// assert_eq!(chassis_env::truncate("a long text", 6), "a long…");
/// ```
pub fn truncate(text: &str, max_bytes: usize) -> Cow<'_, str> {
    match text.get(..text.floor_char_boundary(max_bytes)) {
        Some(start) if start.len() < text.len() => format!("{start}\u{2026}").into(),
        _ => text.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn returns_short_text_unchanged() {
        assert_eq!(truncate("", 0), "");
        assert_eq!(truncate("abc", 3), "abc");
    }

    #[test]
    fn truncates_between_characters() {
        assert_eq!(truncate("a\u{e4}\u{e4}", 4), "a\u{e4}\u{2026}");
        assert_eq!(truncate("abc", 0), "\u{2026}");
    }
}
