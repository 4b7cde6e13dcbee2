//! What a line in JSON begins with: time, level and target.

use std::cell::Cell;
use std::time::Duration;

use tracing::Level;

use super::text::Text;
use super::timestamp::{milliseconds, timestamp, MILLISECONDS};
use crate::quote::escape;

/// What a thread keeps for its next line, in bytes.
const MOST_KEPT: usize = 4096;

const BEFORE_TIME: &[u8; 9] = b"{\"time\":\"";

thread_local! {
    static KEPT: Cell<(Option<Head>, Text)> = const { Cell::new((None, Text::new())) };
}

/// What a text begins with.
#[derive(Clone, Copy)]
pub(super) struct Head {
    level: Level,
    target: &'static str,
    second: u64,
    length: usize,
}

impl Head {
    /// A text with nothing but its head. Of the thread's line before it takes over the head, if that differs by its milliseconds
    /// alone: mostly it does.
    pub(super) fn put(level: Level, target: &'static str, time: Duration) -> (Self, Text) {
        let (kept, mut text) = KEPT.try_with(Cell::take).unwrap_or_default();
        let second = time.as_secs();
        let same = |kept: &Self| kept.second == second && kept.level == level && kept.target == target;
        if let Some(head) = kept.filter(same) {
            text.truncate(head.length);
            text.overwrite(BEFORE_TIME.len() + MILLISECONDS, &milliseconds(time));
            return (head, text);
        }
        text.truncate(0);
        text.mark(BEFORE_TIME);
        text.mark(&timestamp(time));
        text.enclose(b"\",\"level\":\"", name(level), b"\",\"target\":\"");
        if !text.put_plain(target) {
            text.put(&escape(target));
        }
        text.mark(b"\"");
        let length = text.len();
        let head = Self {
            level,
            target,
            second,
            length,
        };
        (head, text)
    }

    /// Keeps a text that begins with it for the thread's next line.
    pub(super) fn keep(self, text: Text) {
        if text.capacity() <= MOST_KEPT {
            let _ = KEPT.try_with(|kept| kept.set((Some(self), text)));
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
    fn a_head_is_its_own_whatever_the_line_before_was() {
        for (level, target, time) in [
            (Level::INFO, "one", "00:01.000"),
            (Level::INFO, "one", "00:01.987"),
            (Level::INFO, "one", "00:02.000"),
            (Level::WARN, "one", "00:02.000"),
            (Level::WARN, "an \"odd\" one", "00:02.000"),
            (Level::WARN, "an \"odd\" one", "01:02.030"),
        ] {
            let digits: Vec<u64> = time
                .split([':', '.'])
                .map(|digits| digits.parse().unwrap())
                .collect();
            let since = Duration::from_millis((digits[0] * 60 + digits[1]) * 1000 + digits[2]);
            let (head, mut text) = Head::put(level, target, since);
            text.mark(b"}");
            let value: serde_json::Value = serde_json::from_slice(text.as_bytes()).unwrap();
            assert_eq!(
                value,
                serde_json::json!({
                    "time": format!("1970-01-01T00:{time}Z"),
                    "level": level.as_str().to_lowercase(),
                    "target": target,
                })
            );
            text.put("what follows");
            head.keep(text);
        }
    }
}
