//! Formatting of events as JSON or plain text.

use std::fmt::Debug;
use std::io::Write;
use std::time::{SystemTime, UNIX_EPOCH};

use humantime::{format_rfc3339_millis, format_rfc3339_seconds};
use serde::Serialize;
use tracing::field::{Field, Visit};
use tracing::Metadata;

/// Avoids reallocation for most lines.
const CAPACITY: usize = 512;

/// Formats the fields of an event.
pub(super) struct Line {
    plain: bool,
    /// Whether the trace id of a request will be appended.
    has_trace: bool,
    bytes: Vec<u8>,
}

// Write errors are ignored because writing to a vector cannot fail.
impl Line {
    pub(super) fn new(plain: bool, has_trace: bool, metadata: &Metadata<'_>) -> Self {
        // Earlier times, which Linux does not accept, would panic.
        let now = SystemTime::now().max(UNIX_EPOCH);
        let bytes = Vec::with_capacity(CAPACITY);
        let mut line = Self {
            plain,
            has_trace,
            bytes,
        };
        let (level, target) = (metadata.level().as_str(), metadata.target());
        if plain {
            let time = format_rfc3339_seconds(now).to_string();
            let time = time.get(11..19).unwrap_or_default();
            let _ = write!(line.bytes, "{time} {level:5} {target}:");
        } else {
            let (time, level) = (format_rfc3339_millis(now), level.to_ascii_lowercase());
            let _ = write!(line.bytes, r#"{{"time":"{time}","level":"{level}""#);
            line.push_text("target", target);
        }
        line
    }

    /// Returns the key of a field. The keys of every line are not available to fields.
    fn key(&self, field: &Field) -> &'static str {
        match field.name() {
            "level" => "field_level",
            "target" => "field_target",
            "time" => "field_time",
            "trace_id" if self.has_trace => "field_trace_id",
            name => name,
        }
    }

    pub(super) fn push_text(&mut self, name: &str, value: &str) {
        if self.plain && name == "message" {
            let _ = write!(self.bytes, " {}", value.escape_debug());
        } else if self.plain {
            let _ = write!(self.bytes, " {name}={value:?}");
        } else {
            self.push_json(name, value);
        }
    }

    /// Appends a value whose plain form is also JSON.
    fn push_json(&mut self, name: &str, value: impl Serialize) {
        if self.plain {
            let _ = write!(self.bytes, " {name}=");
        } else {
            self.bytes.push(b',');
            let _ = serde_json::to_writer(&mut self.bytes, name);
            self.bytes.push(b':');
        }
        let _ = serde_json::to_writer(&mut self.bytes, &value);
    }

    /// Returns the line with a trailing line feed.
    pub(super) fn finish(mut self) -> Vec<u8> {
        self.bytes
            .extend_from_slice(if self.plain { b"\n" } else { b"}\n" });
        self.bytes
    }
}

impl Visit for Line {
    fn record_str(&mut self, field: &Field, value: &str) {
        let key = self.key(field);
        self.push_text(key, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        let key = self.key(field);
        self.push_json(key, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        let key = self.key(field);
        self.push_json(key, value);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        // JSON numbers are finite.
        if value.is_finite() {
            let key = self.key(field);
            self.push_json(key, value);
        } else {
            let key = self.key(field);
            self.push_text(key, &value.to_string());
        }
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        let key = self.key(field);
        self.push_json(key, value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let key = self.key(field);
        self.push_text(key, &format!("{value:?}"));
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::sync::{Mutex, PoisonError};

    use axum::http::HeaderMap;

    use crate::log::subscriber::LineSubscriber;
    use crate::log::{set_level, LevelFilter};
    use crate::trace;

    thread_local! {
        static LINE: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    }

    /// Serializes the tests, because the level and the cached interest of callsites are global.
    static LOCK: Mutex<()> = Mutex::new(());

    fn line(plain: bool, log: impl FnOnce()) -> Vec<u8> {
        let _guard = LOCK.lock().unwrap_or_else(PoisonError::into_inner);
        set_level(LevelFilter::DEBUG);
        let write = |line: &[u8], _| LINE.set(line.to_vec());
        tracing::subscriber::with_default(LineSubscriber { plain, write }, log);
        LINE.take()
    }

    #[test]
    fn escapes_json_strings() {
        let text = "\"quoted\"\\\n\r\t\u{0}\u{1b}[31m\u{1F600}ä";
        let bytes = line(false, || tracing::info!(number = 7, text, "{text}"));
        assert_eq!(bytes.split(|byte| *byte == b'\n').count(), 2);
        assert!(!bytes.iter().any(|byte| *byte < 32 && *byte != b'\n'));
        let value: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(value["message"], text);
        assert_eq!(value["text"], text);
        assert_eq!(value["level"], "info");
        assert_eq!(value["number"], 7);
    }

    #[test]
    fn fields_do_not_replace_keys() {
        let log = || tracing::info!(level = 1, target = "a", time = true, trace_id = "b", "text");
        let text = String::from_utf8(line(false, log)).unwrap();
        let fields = r#","field_level":1,"field_target":"a","field_time":true,"trace_id":"b"}"#;
        assert!(text.trim_end().ends_with(fields), "{text}");
        let trace = trace::from_headers(&HeaderMap::new());
        let bytes = line(false, || trace.in_scope(log));
        let value: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(value["field_trace_id"], "b");
        assert_eq!(value["trace_id"], trace.trace_id());
    }

    #[test]
    fn numbers_round_trip() {
        for value in [0.0, -0.0, 0.001, 12.345, 1e9, 1e300, 1.0 / 3.0, -1.5] {
            let bytes = line(false, || tracing::info!(value));
            let read: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
            assert_eq!(read["value"].as_f64(), Some(value));
        }
        let bytes = line(false, || tracing::info!(value = f64::NAN));
        let read: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(read["value"], "NaN");
    }

    #[test]
    fn plain_lines_escape_line_breaks() {
        let bytes = line(true, || {
            tracing::warn!(target: "target", path = "a\nb", "one\ntwo\u{1b}[31m");
        });
        let text = String::from_utf8(bytes).unwrap();
        assert!(text.contains(" WARN  target: "), "{text}");
        assert!(text.contains("one\\ntwo\\u{1b}[31m"), "{text}");
        assert!(text.contains("path=\"a\\nb\""), "{text}");
        assert_eq!(text.matches('\n').count(), 1, "{text}");
    }
}
