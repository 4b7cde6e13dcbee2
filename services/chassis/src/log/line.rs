//! One line of a log, as JSON or plain.

use std::io::Write;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tracing::Level;

use super::head::Head;
use super::text::Text;
use super::timestamp::timestamp;
use crate::quote::escape;

pub(super) struct Line {
    style: Style,
    time: Duration,
    text: Text,
    /// Of a line in JSON.
    head: Option<Head>,
}

/// How a line is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    Plain,
    Json {
        /// Whether the names of fields are known to need no escapes.
        plain_names: bool,
    },
}

impl Line {
    pub(super) fn new(style: Style, level: Level, target: &'static str) -> Self {
        let time = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let (head, text) = if style == Style::Plain {
            let mut text = Text::new();
            let timestamp = timestamp(time);
            let clock = timestamp
                .get(11..19)
                .and_then(|clock| std::str::from_utf8(clock).ok());
            let _ = write!(
                text,
                "{} {:5} {target}:",
                clock.unwrap_or_default(),
                level.as_str()
            );
            (None, text)
        } else {
            let (head, text) = Head::put(level, target, time);
            (Some(head), text)
        };
        Self {
            style,
            time,
            text,
            head,
        }
    }

    /// A field with text.
    pub(super) fn text(&mut self, name: &str, value: &str) {
        if self.style != Style::Plain {
            self.name(name, b"\":\"");
            if !self.text.put_plain(value) {
                self.text.put(&escape(value));
            }
            self.text.mark(b"\"");
        } else if name == "message" {
            let _ = write!(self.text, " {}", value.escape_debug());
        } else {
            let _ = write!(self.text, " {name}={value:?}");
        }
    }

    /// A field with what JSON takes as it is: a number, true or false.
    pub(super) fn raw(&mut self, name: &str, value: &str) {
        if self.style == Style::Plain {
            self.text.enclose(b" ", name, b"=");
        } else {
            self.name(name, b"\":");
        }
        self.text.put(value);
    }

    /// A field with a number; as text if it is not finite, which JSON has no number for.
    pub(super) fn float(&mut self, name: &str, value: f64) {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "beyond 0 to 1e12 it is not used"
        )]
        let (thousandths, rounded) = {
            let thousandths = (value * 1000.0 + 0.5) as u64;
            (thousandths, thousandths as f64 / 1000.0)
        };
        // The shortest digits of any number take ten times as long to find.
        if rounded.to_bits() == value.to_bits() && thousandths < 1_000_000_000_000 {
            self.raw(name, itoa::Buffer::new().format(thousandths / 1000));
            let decimals = thousandths % 1000;
            let digit = |unit| b'0' + (decimals / unit % 10) as u8;
            self.text.mark(&[b'.', digit(100), digit(10), digit(1)]);
        } else if value.is_finite() {
            self.raw(name, &value.to_string());
        } else {
            self.text(name, &value.to_string());
        }
    }

    /// Hands over the line's time and its text.
    pub(super) fn end(mut self, take: impl FnOnce(Duration, &[u8])) {
        let Some(head) = self.head else {
            self.text.mark(b"\n");
            return take(self.time, self.text.as_bytes());
        };
        self.text.mark(b"}\n");
        take(self.time, self.text.as_bytes());
        head.keep(self.text);
    }

    /// A name in JSON, and what is before its value.
    fn name<const LENGTH: usize>(&mut self, name: &str, after: &[u8; LENGTH]) {
        if (self.style == Style::Json { plain_names: true }) {
            self.text.enclose(b",\"", name, after);
        } else {
            self.text.enclose(b",\"", &escape(name), after);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const JSON: Style = Style::Json { plain_names: false };

    fn end(line: Line) -> Vec<u8> {
        let mut text = Vec::new();
        line.end(|_, line| text.extend_from_slice(line));
        text
    }

    #[test]
    fn a_json_line_is_json_whatever_is_in_it() {
        let text = "\"quoted\"\\\n\r\t\u{0}\u{1b}[31m\u{7f}\u{85}\u{2028}\u{1F600}ä";
        let mut line = Line::new(JSON, Level::INFO, "target");
        line.text("message", text);
        line.raw("number", "7");
        let bytes = end(line);
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
            let mut line = Line::new(JSON, Level::INFO, "target");
            line.float("number", value);
            let read: serde_json::Value = serde_json::from_slice(&end(line)).unwrap();
            assert_eq!(read["number"].as_f64(), Some(value));
        }
        let mut line = Line::new(Style::Plain, Level::INFO, "target");
        line.float("short", 12.005);
        line.float("none", f64::NAN);
        let text = String::from_utf8(end(line)).unwrap();
        assert!(text.ends_with(" short=12.005 none=\"NaN\"\n"), "{text}");
    }

    #[test]
    fn a_plain_line_stays_one_line() {
        let mut line = Line::new(Style::Plain, Level::WARN, "target");
        line.text("message", "one\ntwo\u{1b}[31m");
        line.text("path", "a\nb");
        let text = String::from_utf8(end(line)).unwrap();
        assert!(
            text.ends_with(" WARN  target: one\\ntwo\\u{1b}[31m path=\"a\\nb\"\n"),
            "{text}"
        );
    }
}
