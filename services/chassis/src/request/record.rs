//! What is known of a request, and told when it ends: a log line and the metrics.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use axum::extract::MatchedPath;
use axum::http::{Method, StatusCode};
use tokio::sync::OwnedSemaphorePermit;

use super::trace::Trace;
use crate::ops::Metrics;
use crate::server::Busy;

/// The route of whatever no route was made for.
const UNMATCHED: &str = "unmatched";

/// What becomes known while the handler works; also an extension of the request.
#[derive(Clone, Default)]
pub(super) struct Progress(Arc<Known>);

#[derive(Default)]
struct Known {
    route: OnceLock<MatchedPath>,
    body_read: AtomicBool,
}

impl Progress {
    pub(super) fn note_route(&self, route: MatchedPath) {
        let _ = self.0.route.set(route);
    }

    pub(super) fn note_body_read(&self) {
        self.0.body_read.store(true, Ordering::Relaxed);
    }

    /// Whether the client has sent its whole body.
    pub(super) fn body_read(&self) -> bool {
        self.0.body_read.load(Ordering::Relaxed)
    }

    fn route(&self) -> &str {
        self.0.route.get().map_or(UNMATCHED, MatchedPath::as_str)
    }
}

/// A request that is being served. It ends when this is dropped, which is when the answer's body is.
pub(super) struct Record {
    pub(super) started: Instant,
    pub(super) method: Method,
    pub(super) progress: Progress,
    pub(super) status: StatusCode,
    pub(super) trace: Trace,
    /// Whether the whole answer was handed over to be sent.
    pub(super) answered: bool,
    pub(super) metrics: Arc<Metrics>,
    pub(super) permit: Option<OwnedSemaphorePermit>,
    pub(super) busy: Busy,
}

impl Drop for Record {
    fn drop(&mut self) {
        let latency = self.started.elapsed();
        // Whoever reads that it ended finds its place free.
        drop(self.permit.take());
        let route = self.progress.route();
        self.metrics.finished(&self.method, route, self.status, latency);
        tracing::info!(
            target: "request",
            method = self.method.as_str(),
            route,
            status = self.status.as_u16(),
            latency_ms = latency.as_secs_f64() * 1000.0,
            trace_id = self.trace.trace_id(),
            request_id = self.trace.request_id().to_str().unwrap_or_default(),
            answered = self.answered,
        );
    }
}
