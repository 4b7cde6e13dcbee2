//! What stands between a connection and the service's routes.

use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::{Body, HttpBody};
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::{header, HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::future::RouteFuture;
use axum::Router;
use http_body_util::Limited;
use hyper::body::Incoming;
use tower_service::Service;

use super::answer::{Answer, Source};
use super::body::Upload;
use super::record::Record;
use super::route::NoteRoute;
use super::trace::Trace;
use crate::caught::Caught;
use crate::ops::{Health, Metrics};
use crate::problem::Problem;
use crate::server::Activity;
use crate::settings::Limits;
use crate::turns::Turns;

/// What the requests of a service share.
pub(crate) struct Shared {
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) health: Arc<Health>,
    pub(crate) turns: Arc<Turns>,
    pub(crate) limits: Limits,
}

/// Answers requests. One type for both ports: what hyper makes of it is there once.
pub(crate) struct Handler {
    /// Locked while a route is looked for.
    router: Mutex<Router>,
    shared: Arc<Shared>,
    /// Whether requests are limited, counted and logged.
    service: bool,
}

impl Handler {
    /// Answers with a service's routes.
    pub(crate) fn of_service(router: Router, shared: Arc<Shared>) -> Self {
        Self {
            router: Mutex::new(router.layer(NoteRoute)),
            shared,
            service: true,
        }
    }

    /// Answers with routes that are asked in need: without limits that a load could reach.
    pub(crate) fn of_operations(router: Router, shared: Arc<Shared>) -> Self {
        Self {
            router: Mutex::new(router),
            shared,
            service: false,
        }
    }

    /// The same for one connection: if requests held what all connections hold, each would be counted where every core writes.
    pub(crate) fn of_connection(&self) -> Arc<Self> {
        Arc::new(Self {
            router: Mutex::new(self.router().clone()),
            shared: Arc::clone(&self.shared),
            service: self.service,
        })
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.shared.limits
    }

    /// Where requests are counted, if they are.
    pub(super) fn counts(&self) -> Option<&Shared> {
        self.service.then_some(&self.shared)
    }

    /// How long an answer may take, if there is a limit.
    pub(super) fn patience(&self) -> Option<Duration> {
        self.service.then_some(self.shared.limits.request)
    }

    /// Whether the service is about to end.
    pub(super) fn draining(&self) -> bool {
        self.shared.health.draining()
    }

    pub(crate) fn handle(
        self: &Arc<Self>,
        request: hyper::Request<Incoming>,
        activity: &Arc<Activity>,
    ) -> Answer {
        let version = request.version();
        let record = Record::of(&request, Arc::clone(self), Activity::begin(activity));
        let source = match self.refusal(&request, record.admitted) {
            Some(response) => Source::Chassis { response },
            None => Source::Routes {
                answer: record.trace.scope(Caught {
                    future: self.route(request, &record.trace),
                }),
            },
        };
        Answer::new(source, record, version)
    }

    /// Whether a request has a turn; else it is one too many.
    pub(super) fn admits(&self) -> bool {
        !self.service || self.shared.turns.take()
    }

    /// The answer to a request that doesn't reach the routes.
    fn refusal(&self, request: &hyper::Request<Incoming>, admitted: bool) -> Option<Response> {
        if !admitted {
            self.shared.metrics.shed();
            let problem = Problem::new(StatusCode::SERVICE_UNAVAILABLE).detail("too many requests at a time");
            return Some(([(header::RETRY_AFTER, "1")], problem).into_response());
        }
        let too_long = content_length(request.headers()) > Some(self.shared.limits.body as u64);
        too_long.then(|| Problem::new(StatusCode::PAYLOAD_TOO_LARGE).into_response())
    }

    fn route(&self, request: hyper::Request<Incoming>, trace: &Trace) -> RouteFuture<Infallible> {
        let (head, body) = request.into_parts();
        let request = if body.is_end_stream() {
            trace.progress().note_body_read();
            Request::from_parts(head, Body::empty())
        } else {
            let body = Body::new(Upload {
                inner: Limited::new(body, self.shared.limits.body),
                trace: trace.clone(),
            });
            let mut request = Request::from_parts(head, body);
            // The limit on bodies is the chassis's.
            DefaultBodyLimit::disable().apply(&mut request);
            request
        };
        self.router().call(request)
    }

    fn router(&self) -> MutexGuard<'_, Router> {
        self.router.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn content_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}
