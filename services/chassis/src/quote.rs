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

/// Whether all of it stands for itself, as most text does: no control, nothing beyond ASCII, no quote, no backslash. Eight
/// bytes at a time: for a log line this is most of the work.
pub(crate) fn is_plain(text: &str) -> bool {
    let is_plain = |word: &[u8; 8]| is_plain_word(u64::from_ne_bytes(*word));
    let text = text.as_bytes();
    // What the words leave over is at the end of the last eight bytes, too.
    match text.last_chunk() {
        Some(last) => text.as_chunks().0.iter().all(is_plain) && is_plain(last),
        None => text
            .iter()
            .all(|byte| matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\')),
    }
}

fn is_plain_word(word: u64) -> bool {
    const EACH: u64 = u64::from_ne_bytes([1; 8]);
    const HIGHEST: u64 = EACH << 7;
    // The highest bit of a byte that is zero, and perhaps of one above it, is then set.
    let zero = |word: u64| word.wrapping_sub(EACH) & !word;
    let control = word.wrapping_sub(EACH * u64::from(b' ')) & !word;
    let other = zero(word ^ (EACH * u64::from(b'"')))
        | zero(word ^ (EACH * u64::from(b'\\')))
        | zero(word ^ (EACH * 0x7f));
    (control | other | word) & HIGHEST == 0
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
    fn one_byte_that_is_not_plain_is_found_wherever_it_is() {
        for length in 0..20 {
            let plain = vec![b'~'; length];
            assert!(is_plain(std::str::from_utf8(&plain).unwrap()));
            for (place, byte) in (0..length).flat_map(|place| (0..=0x7f).map(move |byte| (place, byte))) {
                let mut text = plain.clone();
                text[place] = byte;
                let stands_for_itself = matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\';
                assert_eq!(
                    is_plain(std::str::from_utf8(&text).unwrap()),
                    stands_for_itself,
                    "{byte} at {place} of {length}"
                );
                let beyond_ascii = format!("{}\u{e4}{}", "~".repeat(place), "~".repeat(length - place));
                assert!(!is_plain(&beyond_ascii), "{beyond_ascii}");
            }
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
