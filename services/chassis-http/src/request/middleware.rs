//! The middleware around the routes, as plain functions.

use std::future::{poll_fn, Future};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use axum::extract::Request;
use axum::http::{header, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::Router;
use chassis_telemetry::catch_unwind;
use hyper::body::Body as _;
use tokio::sync::SemaphorePermit;
use tokio::time::{sleep_until, timeout};
use tower::Service as _;

use super::context::{BodyError, RequestContext};
use super::limits::overloaded;
use super::validate::validate;
use crate::grpc::Code;
use crate::problem::Problem;

/// How long a request waits until the concurrency limit of its connection doubles.
const CONCURRENCY_GROWTH_INTERVAL: Duration = Duration::from_millis(100);

/// In bytes. `MAX_BODY_BYTES` may be less than the length of a log level.
const MAX_OPERATIONS_BODY: u64 = 64;

/// Handles a request on the service's port.
pub(super) async fn handle(context: &RequestContext, request: Request, routes: Router) -> Response {
    let admitted = wait_for_admission(context).await;
    let validated = admitted.and_then(|()| validate_head(context, &request));
    let response = match validated.and_then(|()| limit_concurrency(context)) {
        // A handler that is dropped after its timeout may panic, too.
        Ok(_permit) => {
            let response = call_routes(context, routes, request);
            catch_panic(context, apply_timeout(context, response)).await
        }
        Err(problem) => context.reject(problem),
    };
    match context.call {
        None => into_problem(context, response),
        Some(_) => into_grpc_status(context, response),
    }
}

/// Handles a request on the operations port. The limits on concurrency and time do not apply, so that probes of a busy service
/// succeed.
pub(super) async fn handle_operations(
    context: &RequestContext,
    request: Request,
    routes: Router,
) -> Response {
    context.state().max_body = MAX_OPERATIONS_BODY;
    let response = match validate_head(context, &request) {
        Ok(()) => catch_panic(context, call_routes(context, routes, request)).await,
        Err(problem) => context.reject(problem),
    };
    into_problem(context, response)
}

/// Waits until the client has read enough of the connection's earlier responses; 503 after `REQUEST_TIMEOUT`.
async fn wait_for_admission(context: &RequestContext) -> Result<(), Problem> {
    let limits = context.limits();
    let state = &context.connection.state;
    let admission = state.wait_for_admission(limits.unsent, CONCURRENCY_GROWTH_INTERVAL);
    timeout(limits.request, admission).await.map_err(|_| {
        let milliseconds = limits.request.as_millis();
        let detail = format!("earlier responses not read within {milliseconds} ms");
        Problem::new(StatusCode::SERVICE_UNAVAILABLE).detail(detail)
    })
}

/// Rejects invalid heads with 400, 431 or 501. The connection is then closed.
fn validate_head(context: &RequestContext, request: &Request) -> Result<(), Problem> {
    let limits = context.limits();
    let validated = validate(request, limits.headers, limits.header_bytes as usize);
    validated.inspect_err(|_| context.state().must_close = true)
}

/// Rejects requests beyond `MAX_REQUESTS` with 503.
fn limit_concurrency(context: &RequestContext) -> Result<SemaphorePermit<'_>, Problem> {
    let server = context.server();
    server.request_permits.try_acquire().map_err(|_| {
        server.metrics.shed.inc();
        overloaded("too many requests")
    })
}

/// Rejects a request after its timeout with 503, or with 408 if the handler waits for the request body.
async fn apply_timeout(context: &RequestContext, response: impl Future<Output = Response>) -> Response {
    tokio::select! {
        // The response first, because a route sets its own limits while it is polled.
        biased;
        response = response => response,
        rejection = reject_after_timeout(context) => rejection,
    }
}

async fn wait_for_timeout(context: &RequestContext) -> Duration {
    let mut sleep = pin!(sleep_until(context.started));
    poll_fn(|task| {
        // A route sets its own timeout at any time, for example after another middleware.
        let timeout = context.timeout();
        let Some(deadline) = context.started.checked_add(timeout) else {
            return Poll::Pending;
        };
        if sleep.deadline() != deadline {
            sleep.as_mut().reset(deadline);
        }
        sleep.as_mut().poll(task).map(|()| timeout)
    })
    .await
}

async fn reject_after_timeout(context: &RequestContext) -> Response {
    let milliseconds = wait_for_timeout(context).await.as_millis();
    let (status, detail) = if context.state().is_body_pending {
        let detail = format!("request body incomplete after {milliseconds} ms");
        (StatusCode::REQUEST_TIMEOUT, detail)
    } else {
        let detail = format!("no response within {milliseconds} ms");
        (StatusCode::SERVICE_UNAVAILABLE, detail)
    };
    context.reject_with(Code::DEADLINE_EXCEEDED, Problem::new(status).detail(detail))
}

async fn call_routes(context: &RequestContext, mut routes: Router, request: Request) -> Response {
    let Ok(response) = routes.call(request).await;
    // hyper sends such a response over HTTP/2, where clients wait for another, and closes an HTTP/1.1 connection.
    if response.status().is_informational() {
        tracing::error!(
            status = response.status().as_u16(),
            "handler returned an informational status"
        );
        return context.reject(Problem::new(StatusCode::INTERNAL_SERVER_ERROR));
    }
    if let Some(call) = &context.call {
        call.record_response(&response);
    }
    response
}

/// Responds with 500 if the handler panics.
async fn catch_panic(context: &RequestContext, response: impl Future<Output = Response>) -> Response {
    let caught = catch_unwind(pin!(response)).await;
    caught.unwrap_or_else(|_| context.reject(Problem::new(StatusCode::INTERNAL_SERVER_ERROR)))
}

/// Replaces an error response that has no body, or that a failed request body caused, with a [`Problem`].
fn into_problem(context: &RequestContext, response: Response) -> Response {
    let status = response.status();
    if !status.is_client_error() && !status.is_server_error() {
        return response;
    }
    // An extractor does not know why the body failed.
    if let Some(error) = context.body_error() {
        return context.reject(body_problem(error));
    }
    if response.headers().contains_key(header::CONTENT_TYPE) || !response.body().is_end_stream() {
        return response;
    }
    let (mut head, _) = response.into_parts();
    let (problem, body) = Problem::new(status).into_response().into_parts();
    head.headers.remove(header::CONTENT_LENGTH);
    head.headers.extend(problem.headers);
    Response::from_parts(head, body)
}

/// Replaces an error response that has no gRPC status, or that a failed request body caused, with a gRPC status.
fn into_grpc_status(context: &RequestContext, response: Response) -> Response {
    let code = match Code::from_headers(response.headers()) {
        None if response.status() != StatusCode::OK => Code::from_http_status(response.status()),
        None | Some(Code::OK) => return response,
        Some(code) => code,
    };
    match body_failure(context, code) {
        Some((code, problem)) => context.reject_with(code, problem),
        None if response.status() == StatusCode::OK => response,
        None => context.reject(Problem::new(response.status())),
    }
}

/// The code and the problem that replace the code of a handler, which does not know why the body of its request failed.
pub(super) fn body_failure(context: &RequestContext, code: Code) -> Option<(Code, Problem)> {
    let error = context.body_error().filter(|_| code != Code::OK)?;
    let problem = body_problem(error);
    match error {
        BodyError::Aborted => Some((Code::CANCELLED, problem)),
        _ if code == Code::DEADLINE_EXCEEDED => None,
        _ => Some((Code::from_http_status(problem.status()), problem)),
    }
}

fn body_problem(error: BodyError) -> Problem {
    let detail = error.to_string();
    let status = match error {
        BodyError::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        BodyError::TooSlow => StatusCode::REQUEST_TIMEOUT,
        BodyError::TooManyPending => return overloaded(&detail),
        BodyError::Aborted | BodyError::Malformed => StatusCode::BAD_REQUEST,
    };
    Problem::new(status).detail(detail)
}
