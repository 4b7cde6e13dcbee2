//! One line of a log, as JSON or plain.

use std::cell::Cell;
use std::io::Write;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tracing::Level;

use super::text::Text;
use super::timestamp::Timestamp;
use crate::quote::{escape, is_plain};

/// What a thread keeps for its next line, in bytes.
const MOST_KEPT: usize = 4096;

thread_local! {
    static KEPT: Cell<Text> = const { Cell::new(Text::new()) };
}

pub(super) struct Line {
    style: Style,
    time: Duration,
    text: Text,
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
    pub(super) fn new(style: Style, level: Level, target: &str) -> Self {
        let mut line = Self {
            style,
            time: SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default(),
            text: KEPT.try_with(Cell::take).unwrap_or_default(),
        };
        let time = Timestamp::of(line.time);
        if style == Style::Plain {
            let time = time.as_str().get(11..19).unwrap_or_default();
            let _ = write!(line.text, "{time} {:5} {target}:", level.as_str());
        } else {
            line.text.mark(b"{\"time\":\"");
            line.text.mark(time.as_bytes());
            line.text.mark(b"\",\"level\":\"");
            line.text.put(name(level));
            line.text.mark(b"\"");
            line.text("target", target);
        }
        line
    }

    /// A field with text.
    pub(super) fn text(&mut self, name: &str, value: &str) {
        if self.style != Style::Plain {
            self.name(name);
            self.text.mark(b"\"");
            self.json(value);
            self.text.mark(b"\"");
        } else if name == "message" {
            let _ = write!(self.text, " {}", value.escape_debug());
        } else {
            let _ = write!(self.text, " {name}={value:?}");
        }
    }

    /// A field with what JSON takes as it is: a number, true or false.
    pub(super) fn raw(&mut self, name: &str, value: &str) {
        self.name(name);
        self.text.put(value);
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
        if self.style == Style::Plain {
            self.text.mark(b"\n");
        } else {
            self.text.mark(b"}\n");
        }
        take(self.time, self.text.as_bytes());
        if self.text.capacity() <= MOST_KEPT {
            self.text.clear();
            let _ = KEPT.try_with(|kept| kept.set(self.text));
        }
    }

    /// What is between the quotes of a JSON string.
    fn json(&mut self, text: &str) {
        if is_plain(text) {
            self.text.put(text);
        } else {
            self.text.put(&escape(text));
        }
    }

    fn name(&mut self, name: &str) {
        match self.style {
            Style::Plain => {
                self.text.mark(b" ");
                self.text.put(name);
                self.text.mark(b"=");
            }
            Style::Json { plain_names } => {
                self.text.mark(b",\"");
                if plain_names {
                    self.text.put(name);
                } else {
                    self.json(name);
                }
                self.text.mark(b"\":");
            }
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
