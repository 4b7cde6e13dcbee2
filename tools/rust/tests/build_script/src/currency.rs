//! A module of the library and of the build script.

/// Reports whether a text is a currency code.
pub fn is_code(text: &str) -> bool {
    text.len() == 3
}
