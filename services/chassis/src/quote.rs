//! JSON without a library: what the chassis writes are strings and numbers, and a library for more is 30 kB of an image.

use std::fmt::Write;

/// Appends a JSON string, RFC 8259 section 7.
pub(crate) fn quote(out: &mut String, text: &str) {
    out.push('"');
    if text.bytes().all(is_plain) {
        out.push_str(text);
    } else {
        escape(out, text);
    }
    out.push('"');
}

/// What stands for itself, as most text does.
fn is_plain(byte: u8) -> bool {
    matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\'
}

fn escape(out: &mut String, text: &str) {
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
    fn a_json_library_reads_what_is_written() {
        let text = "\"quoted\"\\\n\r\t\u{0}\u{1b}[31m\u{7f}\u{85}\u{2028}\u{1F600}ä";
        let object = object([("one", text), (text, "two")]);
        assert!(!object.chars().any(char::is_control));
        let value: serde_json::Value = serde_json::from_str(&object).unwrap();
        assert_eq!(value["one"], text);
        assert_eq!(value[text], "two");
    }
}
