//! The subscriber that turns events into lines.

use std::sync::atomic::{AtomicBool, Ordering};

use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::Interest;
use tracing::{Event, Metadata, Subscriber};

use super::line::{Line, Style};
use super::sink;
use crate::quote::is_plain;
use crate::request::trace;

/// Writes each event as a line; spans are taken and hold nothing.
pub(super) struct Lines {
    level: LevelFilter,
    plain: bool,
    /// Whether a field was declared whose name needs escapes.
    odd_names: AtomicBool,
}

impl Lines {
    pub(super) fn new(level: LevelFilter, plain: bool) -> Self {
        Self {
            level,
            plain,
            odd_names: AtomicBool::new(false),
        }
    }

    fn style(&self) -> Style {
        if self.plain {
            Style::Plain
        } else {
            Style::Json {
                plain_names: !self.odd_names.load(Ordering::Relaxed),
            }
        }
    }
}

impl Subscriber for Lines {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() <= self.level
    }

    /// Is asked once of each place that logs, before the first line from there.
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        if metadata.fields().iter().any(|field| !is_plain(field.name())) {
            self.odd_names.store(true, Ordering::Relaxed);
        }
        if self.enabled(metadata) {
            Interest::always()
        } else {
            Interest::never()
        }
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(self.level)
    }

    fn event(&self, event: &Event<'_>) {
        let metadata = event.metadata();
        let mut line = Line::new(self.style(), *metadata.level(), metadata.target());
        event.record(&mut line);
        // What a handler says belongs to the request that it serves.
        trace::current(|trace| line.text("trace_id", trace.trace_id()));
        line.end(sink::add);
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

impl Visit for Line {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.text(field.name(), value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.raw(field.name(), itoa::Buffer::new().format(value));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.raw(field.name(), itoa::Buffer::new().format(value));
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.float(field.name(), value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.raw(field.name(), if value { "true" } else { "false" });
    }

    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        self.text(field.name(), &format!("{value:?}"));
    }
}
