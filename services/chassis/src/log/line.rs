//! One line of a log, as JSON or plain.

use std::fmt::Write;
use std::time::{SystemTime, UNIX_EPOCH};

use tracing::Level;

use super::timestamp::Timestamp;
use crate::quote::quoted;

/// As long as the line of a request with a client's own ids: one that is longer grows once.
const USUAL: usize = 320;

pub(super) struct Line {
    plain: bool,
    text: String,
}

impl Line {
    pub(super) fn new(plain: bool, level: Level, target: &str) -> Self {
        let mut line = Self {
            plain,
            text: String::with_capacity(USUAL),
        };
        let now = Timestamp::of(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default());
        if plain {
            let time = now.as_str().get(11..19).unwrap_or_default();
            let _ = write!(line.text, "{time} {:5} {target}:", level.as_str());
        } else {
            line.text.push_str("{\"time\":\"");
            line.text.push_str(now.as_str());
            line.text.push_str("\",\"level\":\"");
            line.text.push_str(name(level));
            line.text.push('"');
            line.text("target", target);
        }
        line
    }

    /// A field with text.
    pub(super) fn text(&mut self, name: &str, value: &str) {
        if !self.plain {
            self.text.push_str(",\"");
            quoted(&mut self.text, name);
            self.text.push_str("\":\"");
            quoted(&mut self.text, value);
            self.text.push('"');
        } else if name == "message" {
            let _ = write!(self.text, " {}", value.escape_debug());
        } else {
            let _ = write!(self.text, " {name}={value:?}");
        }
    }

    /// A field with what JSON takes as it is: a number, true or false.
    pub(super) fn raw(&mut self, name: &str, value: &str) {
        self.name(name);
        self.text.push_str(value);
    }

    /// A field with a number; as text if it is not finite, which JSON has no number for.
    pub(super) fn float(&mut self, name: &str, value: f64) {
        let thousandths = (value * 1000.0).round();
        // The shortest digits of any number take ten times as long to find.
        if (0.0..1e12).contains(&thousandths) && (thousandths / 1000.0).to_bits() == value.to_bits() {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "0 to 1e12"
            )]
            let thousandths = thousandths as u64;
            self.raw(name, itoa::Buffer::new().format(thousandths / 1000));
            self.text.push('.');
            let decimals = 1000 + thousandths % 1000;
            self.text.extend(itoa::Buffer::new().format(decimals).get(1..));
        } else if value.is_finite() {
            self.raw(name, &value.to_string());
        } else {
            self.text(name, &value.to_string());
        }
    }

    pub(super) fn end(&mut self) -> &[u8] {
        self.text.push_str(if self.plain { "\n" } else { "}\n" });
        self.text.as_bytes()
    }

    fn name(&mut self, name: &str) {
        if self.plain {
            self.text.push(' ');
            self.text.push_str(name);
            self.text.push('=');
        } else {
            self.text.push_str(",\"");
            quoted(&mut self.text, name);
            self.text.push_str("\":");
        }
    }
}

fn name(level: Level) -> &'static str {
    match level {
        Level::ERROR => "error",
        Level::WARN => "warn",
        Level::INFO => "info",
        Level::DEBUG => "debug",
        Level::TRACE => "trace",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_json_line_is_json_whatever_is_in_it() {
        let text = "\"quoted\"\\\n\r\t\u{0}\u{1b}[31m\u{7f}\u{85}\u{2028}\u{1F600}ä";
        let mut line = Line::new(false, Level::INFO, "target");
        line.text("message", text);
        line.raw("number", "7");
        let bytes = line.end().to_vec();
        assert_eq!(bytes.split(|byte| *byte == b'\n').count(), 2);
        assert!(!bytes.iter().any(|byte| *byte < 32 && *byte != b'\n'));
        let value: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(value["message"], text);
        assert_eq!(value["level"], "info");
        assert_eq!(value["number"], 7);
    }

    #[test]
    fn numbers_are_read_as_what_they_were() {
        for value in [
            0.0,
            -0.0,
            0.001,
            0.25,
            12.345,
            1e9,
            1e300,
            1.0 / 3.0,
            -1.5,
            0.0001,
        ] {
            let mut line = Line::new(false, Level::INFO, "target");
            line.float("number", value);
            let read: serde_json::Value = serde_json::from_slice(line.end()).unwrap();
            assert_eq!(read["number"].as_f64(), Some(value));
        }
        let mut line = Line::new(true, Level::INFO, "target");
        line.float("short", 12.005);
        line.float("none", f64::NAN);
        let text = String::from_utf8(line.end().to_vec()).unwrap();
        assert!(text.ends_with(" short=12.005 none=\"NaN\"\n"), "{text}");
    }

    #[test]
    fn a_plain_line_stays_one_line() {
        let mut line = Line::new(true, Level::WARN, "target");
        line.text("message", "one\ntwo\u{1b}[31m");
        line.text("path", "a\nb");
        let text = String::from_utf8(line.end().to_vec()).unwrap();
        assert!(
            text.ends_with(" WARN  target: one\\ntwo\\u{1b}[31m path=\"a\\nb\"\n"),
            "{text}"
        );
    }
}
