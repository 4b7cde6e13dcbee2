//! What stands between a connection and the service's routes.

use std::convert::Infallible;
use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::{Body, HttpBody};
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::{header, HeaderMap, HeaderValue, StatusCode, Version};
use axum::response::{IntoResponse, Response};
use axum::Router;
use http_body_util::Limited;
use hyper::body::Incoming;
use tokio::time::timeout;
use tower_service::Service;

use super::body::{Download, Upload};
use super::record::Record;
use super::route::NoteRoute;
use super::trace::{Trace, REQUEST_ID};
use super::turns::Turns;
use crate::caught::Caught;
use crate::ops::{Health, Metrics};
use crate::problem::{self, Problem};
use crate::server::{Activity, Busy};
use crate::settings::Limits;

/// What the requests of a service share.
pub(crate) struct Shared {
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) health: Arc<Health>,
    pub(crate) limits: Limits,
    turns: Arc<Turns>,
}

impl Shared {
    pub(crate) fn new(metrics: Arc<Metrics>, health: Arc<Health>, limits: Limits) -> Arc<Self> {
        Arc::new(Self {
            turns: Turns::new(limits.requests),
            metrics,
            health,
            limits,
        })
    }
}

/// Answers requests. One type for both ports: what hyper makes of it is there once.
#[derive(Clone)]
pub(crate) struct Handler {
    router: Router,
    shared: Arc<Shared>,
    /// Whether requests are limited, counted and logged.
    service: bool,
}

impl Handler {
    /// Answers with a service's routes.
    pub(crate) fn of_service(router: Router, shared: Arc<Shared>) -> Self {
        Self {
            router: router.layer(NoteRoute),
            shared,
            service: true,
        }
    }

    /// Answers with routes that are asked in need: without limits that a load could reach.
    pub(crate) fn of_operations(router: Router, shared: Arc<Shared>) -> Self {
        Self {
            router,
            shared,
            service: false,
        }
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.shared.limits
    }

    pub(crate) fn handle(
        &self,
        request: hyper::Request<Incoming>,
        activity: &Arc<Activity>,
    ) -> impl Future<Output = Result<hyper::Response<Download>, Infallible>> + Send + 'static {
        let busy = Activity::begin(activity);
        let this = self.clone();
        // One future, not one for each step: every layer of them moves the request and the answer.
        async move {
            let version = request.version();
            let (mut response, record) = if this.service {
                let mut record = this.record(&request, busy);
                let response = if let Some(refusal) = this.refusal(&request, &record) {
                    refusal
                } else {
                    let request = this.admit(request, &record.trace);
                    let answer = record.trace.scope(Caught {
                        future: this.route(request),
                    });
                    match timeout(this.shared.limits.request, answer).await {
                        Ok(Ok(response)) => response,
                        Ok(Err(_)) => Problem::new(StatusCode::INTERNAL_SERVER_ERROR).into_response(),
                        Err(_) => late(this.shared.limits.request, record.trace.progress().body_read()),
                    }
                };
                let mut response = problem::fill(response, record.trace.progress().body_too_long());
                response
                    .headers_mut()
                    .insert(REQUEST_ID, record.trace.request_id().clone());
                record.status = response.status();
                (response, Some(record))
            } else {
                (this.operate(request).await, None)
            };
            if version < Version::HTTP_2 && this.shared.health.draining() {
                response
                    .headers_mut()
                    .insert(header::CONNECTION, HeaderValue::from_static("close"));
            }
            Ok(response.map(|body| Download::new(body, record)))
        }
    }

    async fn operate(&self, request: hyper::Request<Incoming>) -> Response {
        let limit = self.shared.limits.body;
        let request = request.map(|body| Body::new(Limited::new(body, limit)));
        problem::fill(self.route(request).await, false)
    }

    fn record(&self, request: &hyper::Request<Incoming>, busy: Busy) -> Record {
        self.shared.metrics.started();
        Record {
            started: Instant::now(),
            method: request.method().clone(),
            status: StatusCode::INTERNAL_SERVER_ERROR,
            trace: Trace::of(request.headers()),
            answered: false,
            metrics: Arc::clone(&self.shared.metrics),
            turn: self.shared.turns.take(),
            busy,
        }
    }

    /// The answer to a request that doesn't reach the routes.
    fn refusal(&self, request: &hyper::Request<Incoming>, record: &Record) -> Option<Response> {
        if record.turn.is_none() {
            self.shared.metrics.shed();
            let problem = Problem::new(StatusCode::SERVICE_UNAVAILABLE).detail("too many requests at a time");
            return Some(([(header::RETRY_AFTER, "1")], problem).into_response());
        }
        let too_long = content_length(request.headers()) > Some(self.shared.limits.body as u64);
        too_long.then(|| Problem::new(StatusCode::PAYLOAD_TOO_LARGE).into_response())
    }

    /// The request as the routes get it.
    fn admit(&self, request: hyper::Request<Incoming>, trace: &Trace) -> Request {
        let mut request = if request.body().is_end_stream() {
            trace.progress().note_body_read();
            request.map(|_| Body::empty())
        } else {
            let mut request = request.map(|body| {
                Body::new(Upload {
                    inner: Limited::new(body, self.shared.limits.body),
                    trace: trace.clone(),
                })
            });
            // The limit on bodies is the chassis's.
            DefaultBodyLimit::disable().apply(&mut request);
            request
        };
        request.extensions_mut().insert(trace.clone());
        request
    }

    async fn route(&self, request: Request) -> Response {
        let mut router = self.router.clone();
        match router.call(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        }
    }
}

/// Who was late: the client with its body, or the service with its answer.
fn late(limit: Duration, body_read: bool) -> Response {
    if body_read {
        let detail = format!("no answer within {} ms", limit.as_millis());
        Problem::new(StatusCode::SERVICE_UNAVAILABLE)
            .detail(detail)
            .into_response()
    } else {
        let detail = format!("the body did not end within {} ms", limit.as_millis());
        Problem::new(StatusCode::REQUEST_TIMEOUT)
            .detail(detail)
            .into_response()
    }
}

fn content_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}
