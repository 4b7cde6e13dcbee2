//! One line of a log, as JSON or plain.

use std::fmt::{Arguments, Write};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::quote::quote;

pub(super) struct Line {
    plain: bool,
    text: String,
}

impl Line {
    pub(super) fn new(plain: bool, level: &str, target: &str) -> Self {
        let mut line = Self {
            plain,
            text: String::with_capacity(256),
        };
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        if plain {
            let time = Timestamp(now).to_string();
            let _ = write!(
                line.text,
                "{} {level:5} {target}:",
                time.get(11..19).unwrap_or_default()
            );
        } else {
            let _ = write!(line.text, "{{\"time\":\"{}\",\"level\":\"", Timestamp(now));
            line.text
                .extend(level.chars().map(|letter| letter.to_ascii_lowercase()));
            line.text.push('"');
            line.text("target", target);
        }
        line
    }

    /// A field with text.
    pub(super) fn text(&mut self, name: &str, value: &str) {
        if self.plain {
            if name == "message" {
                let _ = write!(self.text, " {}", value.escape_debug());
            } else {
                let _ = write!(self.text, " {name}={value:?}");
            }
        } else {
            self.name(name);
            quote(&mut self.text, value);
        }
    }

    /// A field with what JSON takes as it is: a number, true or false.
    pub(super) fn raw(&mut self, name: &str, value: Arguments<'_>) {
        if self.plain {
            let _ = write!(self.text, " {name}={value}");
        } else {
            self.name(name);
            let _ = self.text.write_fmt(value);
        }
    }

    pub(super) fn end(&mut self) -> &[u8] {
        self.text.push_str(if self.plain { "\n" } else { "}\n" });
        self.text.as_bytes()
    }

    fn name(&mut self, name: &str) {
        self.text.push(',');
        quote(&mut self.text, name);
        self.text.push(':');
    }
}

/// Time since 1970, UTC, as RFC 3339 has it, to the millisecond.
struct Timestamp(Duration);

impl std::fmt::Display for Timestamp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let seconds = self.0.as_secs();
        let (year, month, day) = date(seconds / 86_400);
        let second = seconds % 86_400;
        write!(
            f,
            "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}.{:03}Z",
            second / 3600,
            second / 60 % 60,
            second % 60,
            self.0.subsec_millis()
        )
    }
}

/// Year, month and day of the Gregorian calendar, so many days after 1970-01-01.
///
/// The year is taken to begin in March, so that the leap day is its last.
fn date(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (month, next) = if month < 10 {
        (month + 3, 0)
    } else {
        (month - 9, 1)
    };
    (era * 400 + year + next, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_the_calendar() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_400, "2000-02-29T00:00:00.000Z"),
            (1_709_251_199, "2024-02-29T23:59:59.000Z"),
            (4_107_542_400, "2100-03-01T00:00:00.000Z"),
        ] {
            assert_eq!(Timestamp(Duration::from_secs(seconds)).to_string(), text);
        }
    }

    #[test]
    fn a_json_line_is_json_whatever_is_in_it() {
        let text = "\"quoted\"\\\n\r\t\u{0}\u{1b}[31m\u{7f}\u{85}\u{2028}\u{1F600}ä";
        let mut line = Line::new(false, "INFO", "target");
        line.text("message", text);
        line.raw("number", format_args!("{}", 7));
        let bytes = line.end().to_vec();
        assert_eq!(bytes.split(|byte| *byte == b'\n').count(), 2);
        assert!(!bytes.iter().any(|byte| *byte < 32 && *byte != b'\n'));
        let value: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(value["message"], text);
        assert_eq!(value["level"], "info");
        assert_eq!(value["number"], 7);
    }

    #[test]
    fn a_plain_line_stays_one_line() {
        let mut line = Line::new(true, "WARN", "target");
        line.text("message", "one\ntwo\u{1b}[31m");
        line.text("path", "a\nb");
        let text = String::from_utf8(line.end().to_vec()).unwrap();
        assert!(
            text.ends_with(" WARN  target: one\\ntwo\\u{1b}[31m path=\"a\\nb\"\n"),
            "{text}"
        );
    }
}
