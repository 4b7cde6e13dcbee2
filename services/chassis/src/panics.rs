//! A panic is a line of the log like any other.

use std::panic::{self, PanicHookInfo};
use std::sync::atomic::{AtomicU64, Ordering};

static COUNT: AtomicU64 = AtomicU64::new(0);

/// Sends panics to the log instead of standard error, and counts them.
pub(crate) fn log() {
    panic::set_hook(Box::new(|info| {
        COUNT.fetch_add(1, Ordering::Relaxed);
        let location = info.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(target: "panic", location, message = message(info));
    }));
}

/// How many there were, in handlers, in bodies that are streamed, and in tasks of the service's own.
pub(crate) fn count() -> u64 {
    COUNT.load(Ordering::Relaxed)
}

fn message<'a>(info: &'a PanicHookInfo<'_>) -> &'a str {
    info.payload_as_str().unwrap_or("a value that is no text")
}
