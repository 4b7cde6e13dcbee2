//! JSON without a library: what the chassis writes are strings and numbers, and a library for more is 30 kB of an image.

use std::fmt::Write;

/// Appends a JSON string, RFC 8259 section 7.
pub(crate) fn quote(out: &mut String, text: &str) {
    out.push('"');
    if is_plain(text) {
        out.push_str(text);
    } else {
        out.push_str(&escape(text));
    }
    out.push('"');
}

/// Whether all of it stands for itself, as most text does: no control, nothing beyond ASCII, no quote, no backslash.
pub(crate) fn is_plain(text: &str) -> bool {
    text.bytes().all(is_plain_byte)
}

pub(crate) fn is_plain_byte(byte: u8) -> bool {
    matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\')
}

/// Zero if each of eight bytes is plain.
pub(crate) fn odd_bits(word: [u8; 8]) -> u64 {
    const EACH: u64 = u64::from_ne_bytes([1; 8]);
    const HIGHEST: u64 = EACH << 7;
    let word = u64::from_ne_bytes(word);
    // The highest bit of a byte that is zero, and perhaps of one above it, is then set.
    let zero = |word: u64| word.wrapping_sub(EACH) & !word;
    let control = word.wrapping_sub(EACH * u64::from(b' ')) & !word;
    let other = zero(word ^ (EACH * u64::from(b'"')))
        | zero(word ^ (EACH * u64::from(b'\\')))
        | zero(word ^ (EACH * 0x7f));
    (control | other | word) & HIGHEST
}

/// What is between the quotes of a JSON string.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            // Beside JSON's own: what a terminal or a viewer would take as an order.
            control if control.is_control() || matches!(control, '\u{2028}' | '\u{2029}') => {
                let _ = write!(out, "\\u{:04x}", control as u32);
            }
            other => out.push(other),
        }
    }
    out
}

/// A JSON object of strings.
pub(crate) fn object<'a>(members: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let mut out = String::from("{");
    for (name, value) in members {
        if out.len() > 1 {
            out.push(',');
        }
        quote(&mut out, name);
        out.push(':');
        quote(&mut out, value);
    }
    out.push('}');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_plain_if_each_of_its_bytes_is() {
        for (place, byte) in (0..8).flat_map(|place| (0..=u8::MAX).map(move |byte| (place, byte))) {
            let mut word = [b'~'; 8];
            word[place] = byte;
            assert_eq!(odd_bits(word) == 0, is_plain_byte(byte), "{byte} at {place}");
        }
    }

    #[test]
    fn plain_text_is_what_a_json_library_takes_over() {
        for character in (0..=0xff).map(char::from) {
            let text = character.to_string();
            let quoted = serde_json::to_string(&text).unwrap();
            // DEL and what is beyond ASCII could stand for themselves in JSON.
            let plain = character.is_ascii() && character != '\u{7f}' && quoted.trim_matches('"') == text;
            assert_eq!(is_plain(&text), plain, "{character:?}");
        }
    }

    #[test]
    fn a_json_library_reads_what_is_written() {
        let text = "\"quoted\"\\\n\r\t\u{0}\u{1b}[31m\u{7f}\u{85}\u{2028}\u{1F600}ä";
        let object = object([("one", text), (text, "two")]);
        assert!(!object.chars().any(char::is_control));
        let value: serde_json::Value = serde_json::from_str(&object).unwrap();
        assert_eq!(value["one"], text);
        assert_eq!(value[text], "two");
    }
}
