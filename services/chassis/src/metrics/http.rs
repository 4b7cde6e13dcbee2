//! The metrics of the service's port.
//!
//! The number of label values is bounded by the routes of the router and the methods of RFC 9110.

use std::fmt::{self, Write};
use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;

use axum::extract::MatchedPath;
use axum::http::{Method, StatusCode};
use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue, LabelValueEncoder};

use super::{counter, gauge, register, Counter, Family, Gauge, Histogram};

/// In seconds.
const LATENCY_BUCKETS: [f64; 12] = [
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 2.5, 10.0,
];

/// The route of a request. Two routes are equal if their labels are.
#[derive(Clone, Debug)]
pub(crate) enum Route {
    /// The router's pattern, as in `/users/{id}`.
    Matched(MatchedPath),
    /// The path of a gRPC method.
    Method(Arc<str>),
    /// No route matches the path.
    Unmatched,
    /// hyper could not parse the request.
    Malformed,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    method: &'static str,
    route: Route,
    status: u16,
}

type RouteLabel = [(&'static str, Route); 1];

#[derive(Debug)]
pub(crate) struct HttpMetrics {
    requests: Family<RequestLabels, Counter>,
    latency: Family<RouteLabel, Histogram, fn() -> Histogram>,
    incomplete: Family<RouteLabel, Counter>,
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
        method: &Method,
        route: &Route,
        status: StatusCode,
        latency: Duration,
        is_complete: bool,
    ) {
        self.count_request(method_label(method), route.clone(), status);
        let label = [("route", route.clone())];
        self.latency.get_or_create(&label).observe(latency.as_secs_f64());
        if !is_complete {
            self.incomplete.get_or_create(&label).inc();
        }
    }

    /// Counts a request that hyper could not parse.
    pub(crate) fn record_malformed(&self, status: StatusCode) {
        self.count_request("other", Route::Malformed, status);
    }

    fn count_request(&self, method: &'static str, route: Route, status: StatusCode) {
        let labels = RequestLabels {
            method,
            route,
            status: status.as_u16(),
        };
        self.requests.get_or_create(&labels).inc();
    }
}

impl Route {
    pub(crate) fn as_str(&self) -> &str {
        match self {
            Self::Matched(pattern) => pattern.as_str(),
            Self::Method(path) => path,
            Self::Unmatched => "unmatched",
            Self::Malformed => "malformed",
        }
    }
}

impl PartialEq for Route {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for Route {}

impl Hash for Route {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

impl EncodeLabelValue for Route {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> Result<(), fmt::Error> {
        encoder.write_str(self.as_str())
    }
}

fn method_label(method: &Method) -> &'static str {
    match *method {
        Method::CONNECT => "CONNECT",
        Method::DELETE => "DELETE",
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::OPTIONS => "OPTIONS",
        Method::PATCH => "PATCH",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::TRACE => "TRACE",
        _ => "other",
    }
}
