//! Logs and counts panics.

use std::panic;
use std::sync::atomic::{AtomicU64, Ordering};

pub(crate) static PANICS: AtomicU64 = AtomicU64::new(0);

/// Installs a panic hook that logs instead of writing to standard error.
pub(super) fn install_hook() {
    panic::set_hook(Box::new(|info| {
        PANICS.fetch_add(1, Ordering::Relaxed);
        let location = info.location().map(ToString::to_string).unwrap_or_default();
        let message = info.payload_as_str().unwrap_or("non-string payload");
        tracing::error!(target: "panic", location, message);
    }));
}
