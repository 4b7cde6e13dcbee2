//! What is known of a request, and told when it ends: a log line and the metrics.

use std::sync::Arc;
use std::time::Instant;

use axum::http::{Method, StatusCode};
use hyper::body::Incoming;

use super::fixed::FixedRoute;
use super::requests::Client;
use super::trace::Trace;

/// A request that is being served. It ends when this is dropped, which is when the answer's body is.
pub(super) struct Record {
    pub(super) client: Arc<Client>,
    /// Which one of the client's.
    number: u64,
    started: Instant,
    method: Method,
    pub(super) status: StatusCode,
    pub(super) trace: Trace,
    /// The route of a request that reached the routes, where its path tells it.
    pub(super) fixed: Option<FixedRoute>,
    /// Whether the whole answer was handed over to be sent.
    pub(super) answered: bool,
    /// Whether it has a turn.
    pub(super) admitted: bool,
}

impl Record {
    pub(super) fn of(request: &hyper::Request<Incoming>, client: Arc<Client>) -> Self {
        Self {
            started: Instant::now(),
            method: request.method().clone(),
            status: StatusCode::INTERNAL_SERVER_ERROR,
            trace: Trace::of(request.headers()),
            fixed: None,
            answered: false,
            admitted: client.handler.admits(),
            number: client.activity.begin(),
            client,
        }
    }

    /// Whether a part of the answer has been handed over, and no more is asked for until the client has taken it.
    pub(super) fn offers(&self, part: bool) {
        let now = tokio::time::Instant::now;
        self.client.activity.offers(self.number, part, now);
    }

    /// Its route; one that turns out to be its path is remembered.
    fn route(&self) -> &str {
        let fixed = &self.client.handler.fixed;
        if let Some(route) = self.fixed.and_then(|route| fixed.get(route)) {
            return route;
        }
        let progress = self.trace.progress();
        if progress.route_is_path() {
            fixed.add(progress.route());
        }
        progress.route()
    }

    /// When it began.
    pub(super) fn started(&self) -> tokio::time::Instant {
        self.started.into()
    }
}

impl Drop for Record {
    fn drop(&mut self) {
        let now = Instant::now();
        self.client.activity.end(self.number, now.into());
        let Some(shared) = self.client.handler.counts() else {
            return;
        };
        // Whoever reads that it ended finds its place free.
        if self.admitted {
            shared.turns.give_back();
        }
        let latency = now.duration_since(self.started);
        // What is below a microsecond is noise.
        let microseconds = latency.as_secs() * 1_000_000 + u64::from((latency.subsec_nanos() + 500) / 1000);
        #[expect(clippy::cast_precision_loss, reason = "exact for 285 years")]
        let latency_ms = microseconds as f64 / 1e3;
        let trace_id = self.trace.trace_id();
        let route = self.route();
        shared.metrics.finished(&self.method, route, self.status, latency);
        tracing::info!(
            target: "request",
            method = self.method.as_str(),
            route,
            status = self.status.as_u16(),
            latency_ms,
            trace_id,
            request_id = self.trace.sent_request_id().unwrap_or(trace_id),
            answered = self.answered,
        );
    }
}
