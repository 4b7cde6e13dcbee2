//! Logs and counts panics.

use std::panic;
use std::sync::LazyLock;

use crate::metrics::{self, Counter};

pub(super) static PANICS: LazyLock<Counter> =
    LazyLock::new(|| metrics::counter("panics", "Panics of handlers, bodies and tasks"));

/// Installs a panic hook that logs instead of writing to standard error.
pub(super) fn install_hook() {
    panic::set_hook(Box::new(|info| {
        PANICS.inc();
        let location = info.location().map(ToString::to_string).unwrap_or_default();
        let message = info.payload_as_str().unwrap_or("non-string payload");
        tracing::error!(target: "panic", location, message);
    }));
}
