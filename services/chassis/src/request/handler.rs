//! What stands between a connection and the service's routes.

use std::convert::Infallible;
use std::future::{poll_fn, Future};
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use std::time::Duration;

use axum::body::{Body, HttpBody};
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::{header, HeaderMap, HeaderValue, StatusCode, Version};
use axum::response::{IntoResponse, Response};
use axum::Router;
use http_body_util::Limited;
use hyper::body::Incoming;
use tokio::time::timeout_at;
use tower_service::Service;

use super::body::{Download, Upload};
use super::record::Record;
use super::route::NoteRoute;
use super::trace::{Trace, REQUEST_ID};
use crate::caught::Caught;
use crate::ops::{Health, Metrics};
use crate::problem::{self, Problem};
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

    pub(crate) fn handle(
        self: &Arc<Self>,
        request: hyper::Request<Incoming>,
        activity: &Arc<Activity>,
    ) -> impl Future<Output = Result<hyper::Response<Download>, Infallible>> + Send + 'static {
        let busy = Activity::begin(activity);
        let this = Arc::clone(self);
        // One future, not one for each step: every layer of them moves the request and the answer.
        async move {
            let version = request.version();
            let mut record = Record::of(&request, this, busy);
            let this = &record.handler;
            let mut response = if !this.service {
                this.operate(request).await
            } else if let Some(refusal) = this.refusal(&request, record.admitted) {
                refusal
            } else {
                let request = this.admit(request, &record.trace);
                let mut answer = pin!(record.trace.scope(Caught {
                    future: this.route(request),
                }));
                // Most answers are there at once; a timer is set for the others: all cores write where it is counted.
                let at_once = poll_fn(|context| Poll::Ready(answer.as_mut().poll(context))).await;
                let answered = match at_once {
                    Poll::Ready(answered) => Ok(answered),
                    Poll::Pending => timeout_at(record.started() + this.limits().request, answer).await,
                };
                match answered {
                    Ok(Ok(response)) => response,
                    Ok(Err(_)) => Problem::new(StatusCode::INTERNAL_SERVER_ERROR).into_response(),
                    Err(_) => late(this.limits().request, record.trace.progress().body_read()),
                }
            };
            if problem::may_be(response.status()) {
                response = problem::fill(response, record.trace.progress().body_too_long());
            }
            if this.service {
                if let Some(id) = record.trace.request_id_header() {
                    response.headers_mut().insert(REQUEST_ID, id);
                }
            }
            if version < Version::HTTP_2 && this.shared.health.draining() {
                response
                    .headers_mut()
                    .insert(header::CONNECTION, HeaderValue::from_static("close"));
            }
            record.status = response.status();
            Ok(response.map(|body| Download::new(body, record)))
        }
    }

    async fn operate(&self, request: hyper::Request<Incoming>) -> Response {
        let limit = self.shared.limits.body;
        self.route(request.map(|body| Body::new(Limited::new(body, limit))))
            .await
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
        let answer = self.router().call(request);
        match answer.await {
            Ok(response) => response,
            Err(never) => match never {},
        }
    }

    fn router(&self) -> MutexGuard<'_, Router> {
        self.router.lock().unwrap_or_else(PoisonError::into_inner)
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
