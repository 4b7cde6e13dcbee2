//! How far a request is.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::OnceLock;

use axum::extract::MatchedPath;

/// The route of whatever no route was made for.
const UNMATCHED: &str = "unmatched";

/// What becomes known while the handler works.
#[derive(Debug, Default)]
pub(super) struct Progress {
    route: OnceLock<MatchedPath>,
    body_read: AtomicBool,
}

impl Progress {
    pub(super) fn note_route(&self, route: MatchedPath) {
        let _ = self.route.set(route);
    }

    pub(super) fn note_body_read(&self) {
        self.body_read.store(true, Ordering::Relaxed);
    }

    /// Whether the client has sent its whole body.
    pub(super) fn body_read(&self) -> bool {
        self.body_read.load(Ordering::Relaxed)
    }

    pub(super) fn route(&self) -> &str {
        self.route.get().map_or(UNMATCHED, MatchedPath::as_str)
    }
}
