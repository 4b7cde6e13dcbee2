//! How far a request is.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::OnceLock;

/// The route of whatever no route was made for.
const UNMATCHED: &str = "unmatched";

/// What becomes known while the handler works.
#[derive(Debug, Default)]
pub(super) struct Progress {
    /// A copy: the router's own is counted, by all threads that serve the route at once.
    route: OnceLock<Box<str>>,
    route_is_path: AtomicBool,
    body_read: AtomicBool,
    body_too_long: AtomicBool,
}

impl Progress {
    pub(super) fn note_route(&self, route: &str, path: &str) {
        let _ = self.route.set(route.into());
        self.route_is_path.store(route == path, Ordering::Relaxed);
    }

    pub(super) fn note_body_read(&self) {
        self.body_read.store(true, Ordering::Relaxed);
    }

    /// Whether the client has sent its whole body.
    pub(super) fn body_read(&self) -> bool {
        self.body_read.load(Ordering::Relaxed)
    }

    pub(super) fn note_body_too_long(&self) {
        self.body_too_long.store(true, Ordering::Relaxed);
    }

    /// Whether the body turned out to be longer than it may be.
    pub(super) fn body_too_long(&self) -> bool {
        self.body_too_long.load(Ordering::Relaxed)
    }

    /// Whether the route has no parameters.
    pub(super) fn route_is_path(&self) -> bool {
        self.route_is_path.load(Ordering::Relaxed)
    }

    pub(super) fn route(&self) -> &str {
        self.route.get().map_or(UNMATCHED, |route| route)
    }
}
