//! The `tracing` subscriber.

use std::sync::{PoisonError, RwLock};

use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::Interest;
use tracing::{Event, Level, Metadata, Subscriber};

use super::line::Line;
use crate::trace::Trace;

static LEVEL: RwLock<LevelFilter> = RwLock::new(LevelFilter::OFF);

/// Writes each event as a line. Spans are ignored.
pub(super) struct LineSubscriber {
    pub(super) plain: bool,
    /// The second argument is true for events of level `error`.
    pub(super) write: fn(&[u8], bool),
}

/// Returns the minimum level.
pub fn level() -> LevelFilter {
    *LEVEL.read().unwrap_or_else(PoisonError::into_inner)
}

/// Sets the minimum level.
pub fn set_level(level: LevelFilter) {
    *LEVEL.write().unwrap_or_else(PoisonError::into_inner) = level;
    tracing::callsite::rebuild_interest_cache();
}

impl Subscriber for LineSubscriber {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() <= level()
    }

    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        if self.enabled(metadata) {
            Interest::always()
        } else {
            Interest::never()
        }
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(level())
    }

    fn event(&self, event: &Event<'_>) {
        let trace = Trace::current();
        let mut line = Line::new(self.plain, trace.is_some(), event.metadata());
        event.record(&mut line);
        if let Some(trace) = trace {
            line.push_text("trace_id", trace.trace_id());
        }
        (self.write)(&line.finish(), *event.metadata().level() == Level::ERROR);
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}
