//! A panic is a line of the log like any other.

use std::panic::{self, PanicHookInfo};

/// Sends panics to the log instead of standard error.
pub(crate) fn log() {
    panic::set_hook(Box::new(|info| {
        let location = info.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(target: "panic", location, message = message(info));
    }));
}

fn message<'a>(info: &'a PanicHookInfo<'_>) -> &'a str {
    info.payload_as_str().unwrap_or("a value that is no text")
}
