//! Logs and counts panics.

use std::panic::{self, PanicHookInfo};
use std::sync::atomic::{AtomicU64, Ordering};

static COUNT: AtomicU64 = AtomicU64::new(0);

/// Installs a panic hook that logs instead of writing to standard error.
pub(super) fn install_hook() {
    panic::set_hook(Box::new(|info| {
        COUNT.fetch_add(1, Ordering::Relaxed);
        let location = info.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(target: "panic", location, message = message(info));
    }));
}

pub(crate) fn panic_count() -> u64 {
    COUNT.load(Ordering::Relaxed)
}

fn message<'a>(info: &'a PanicHookInfo<'_>) -> &'a str {
    info.payload_as_str().unwrap_or("non-string payload")
}
