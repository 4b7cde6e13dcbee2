//! What is known of a request, and told when it ends: a log line and the metrics.

use std::sync::Arc;
use std::time::Instant;

use axum::http::{Method, StatusCode};

use super::trace::Trace;
use super::turns::Turn;
use crate::ops::Metrics;
use crate::server::Busy;

/// A request that is being served. It ends when this is dropped, which is when the answer's body is.
pub(super) struct Record {
    pub(super) started: Instant,
    pub(super) method: Method,
    pub(super) status: StatusCode,
    pub(super) trace: Trace,
    /// Whether the whole answer was handed over to be sent.
    pub(super) answered: bool,
    pub(super) metrics: Arc<Metrics>,
    pub(super) turn: Option<Turn>,
    pub(super) busy: Busy,
}

impl Drop for Record {
    fn drop(&mut self) {
        let now = Instant::now();
        let latency = now.duration_since(self.started);
        self.busy.ends(now);
        // Whoever reads that it ended finds its place free.
        drop(self.turn.take());
        let route = self.trace.progress().route();
        self.metrics.finished(&self.method, route, self.status, latency);
        tracing::info!(
            target: "request",
            method = self.method.as_str(),
            route,
            status = self.status.as_u16(),
            // To the microsecond: what is below it is noise.
            latency_ms = (latency.as_secs_f64() * 1e6).round() / 1e3,
            trace_id = self.trace.trace_id(),
            request_id = self.trace.request_id().to_str().unwrap_or_default(),
            answered = self.answered,
        );
    }
}
