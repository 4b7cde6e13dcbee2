//! The metrics of the service's port.
//!
//! The number of label values is bounded by the routes of the router and the methods of RFC 9110 and PATCH.

use std::time::Duration;

use axum::http::Method;
use chassis_telemetry::metrics::{counter, gauge, register, Counter, Family, Gauge, Histogram, Labels};
use prometheus_client::encoding::EncodeLabelSet;

/// The methods that have a label of their own.
const METHODS: [&str; 9] = [
    "GET", "POST", "PUT", "DELETE", "HEAD", "PATCH", "OPTIONS", "CONNECT", "TRACE",
];

/// In seconds.
const LATENCY_BUCKETS: [f64; 12] = [
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 2.5, 10.0,
];

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    method: &'static str,
    route: String,
    status: u16,
}

#[derive(Debug)]
pub(crate) struct HttpMetrics {
    requests: Family<RequestLabels, Counter>,
    latency: Family<Labels, Histogram, fn() -> Histogram>,
    incomplete: Family<Labels, Counter>,
    pub(crate) in_flight: Gauge,
    pub(crate) unsent: Gauge,
    pub(crate) shed: Counter,
    pub(crate) connections: Gauge,
    pub(crate) accept_failed: Counter,
}

impl HttpMetrics {
    pub(crate) fn register() -> Self {
        let latency = Family::new_with_constructor((|| Histogram::new(LATENCY_BUCKETS)) as fn() -> Histogram);
        Self {
            requests: register(
                "http_requests",
                "Completed requests by method, route and status; 499 if the client disconnected before the response",
                Family::default(),
            ),
            latency: register(
                "http_request_duration_seconds",
                "Time from the head of a request to the end of its response",
                latency,
            ),
            incomplete: register(
                "http_responses_incomplete",
                "Responses that were not sent completely",
                Family::default(),
            ),
            in_flight: gauge(
                "http_requests_in_flight",
                "Requests whose response has not been sent",
            ),
            unsent: gauge(
                "http_response_unsent_bytes",
                "Response bytes in memory that have not been sent",
            ),
            shed: counter(
                "http_requests_shed",
                "Requests rejected because of MAX_REQUESTS",
            ),
            connections: gauge("http_connections", "Open connections"),
            accept_failed: counter(
                "http_connections_failed",
                "Connections that could not be accepted",
            ),
        }
    }

    /// Counts a completed request.
    pub(crate) fn record_request(
        &self,
        method: &'static str,
        route: &str,
        status: u16,
        latency: Duration,
        is_complete: bool,
    ) {
        let label = vec![("route", self.count_request(method, route, status))];
        self.latency.get_or_create(&label).observe(latency.as_secs_f64());
        if !is_complete {
            self.incomplete.get_or_create(&label).inc();
        }
    }

    /// Counts a request that hyper could not parse.
    pub(crate) fn record_malformed(&self, status: u16) {
        self.count_request("other", "malformed", status);
    }

    /// Returns the label of the route.
    fn count_request(&self, method: &'static str, route: &str, status: u16) -> String {
        let route = route.to_owned();
        let labels = RequestLabels {
            method,
            route,
            status,
        };
        self.requests.get_or_create(&labels).inc();
        labels.route
    }
}

/// The method, or `other` if it is neither defined by RFC 9110 nor PATCH (RFC 5789).
pub(crate) fn method_label(method: &Method) -> &'static str {
    let known = METHODS.into_iter().find(|known| *known == method.as_str());
    known.unwrap_or("other")
}
