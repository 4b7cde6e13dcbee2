//! Panics as events.

use std::panic::{self, PanicHookInfo};
use std::sync::atomic::{AtomicU64, Ordering};

static COUNT: AtomicU64 = AtomicU64::new(0);

/// Logs panics instead of writing them to standard error, and counts them.
pub(super) fn log_panics() {
    panic::set_hook(Box::new(|info| {
        COUNT.fetch_add(1, Ordering::Relaxed);
        let location = info.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(target: "panic", location, message = message(info));
    }));
}

/// The number of panics: of handlers, of streamed bodies and of the service's tasks.
pub(crate) fn panics() -> u64 {
    COUNT.load(Ordering::Relaxed)
}

fn message<'a>(info: &'a PanicHookInfo<'_>) -> &'a str {
    info.payload_as_str().unwrap_or("a payload that is no text")
}
