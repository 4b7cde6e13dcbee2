//! The layers around a service's routes.

use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{DefaultBodyLimit, MatchedPath, Request, State};
use axum::http::{header, StatusCode};
use axum::middleware::{from_fn, from_fn_with_state, Next};
use axum::response::{IntoResponse, Response};
use axum::Router;
use hyper::body::Body as _;
use tokio::time::{sleep_until, timeout};

use super::context::{BodyFailure, RequestContext, Shared};
use super::limits::too_many;
use super::validate::validate;
use crate::catch_unwind::CatchUnwind;
use crate::metrics::Route;
use crate::problem::Problem;

/// Puts the layers around the routes of a service; the last is the outermost.
pub(super) fn service_layers(routes: Router, shared: &Arc<Shared>) -> Router {
    routes
        .layer(from_fn(catch_panic))
        .layer(from_fn(limit_time))
        .layer(from_fn_with_state(Arc::clone(shared), limit_concurrency))
        .layer(from_fn(check_head))
        .layer(from_fn(explain_errors))
        .layer(from_fn(name_route))
        // Bodies are limited where they are read.
        .layer(DefaultBodyLimit::disable())
        // Otherwise axum puts the routes together for each request.
        .with_state(())
}

/// Those of the operations port: without limits that a busy service could reach.
pub(super) fn operations_layers(routes: Router) -> Router {
    routes
        .layer(from_fn(catch_panic))
        .layer(from_fn(check_head))
        .layer(from_fn(explain_errors))
        .with_state(())
}

/// Labels the request with the router's pattern.
async fn name_route(request: Request, next: Next) -> Response {
    if let (Some(context), Some(path)) = (
        RequestContext::get(request.extensions()),
        request.extensions().get::<MatchedPath>(),
    ) {
        context.set_route(Route::Matched(path.as_str().into()));
    }
    next.run(request).await
}

/// Makes a [`Problem`] of an error without a body, and of one that a request's body caused.
async fn explain_errors(request: Request, next: Next) -> Response {
    let context = RequestContext::of(&request);
    let response = next.run(request).await;
    let status = response.status();
    if !status.is_client_error() && !status.is_server_error() {
        return response;
    }
    if let Some(failure) = context.and_then(|context| context.body_failure()) {
        // An extractor cannot know the reason.
        if status != failure_status(failure) {
            return body_problem(failure);
        }
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

fn body_problem(failure: BodyFailure) -> Response {
    let detail = format!("request body: {failure}");
    match failure {
        BodyFailure::TooMany => too_many(&detail),
        _ => Problem::new(failure_status(failure))
            .detail(detail)
            .into_response(),
    }
}

fn failure_status(failure: BodyFailure) -> StatusCode {
    match failure {
        BodyFailure::TooLong => StatusCode::PAYLOAD_TOO_LARGE,
        BodyFailure::TooSlow => StatusCode::REQUEST_TIMEOUT,
        BodyFailure::TooMany => StatusCode::SERVICE_UNAVAILABLE,
        BodyFailure::Aborted => StatusCode::BAD_REQUEST,
    }
}

/// Refuses what RFC 9112 has a server refuse.
async fn check_head(request: Request, next: Next) -> Response {
    let Some(context) = RequestContext::of(&request) else {
        return next.run(request).await;
    };
    match validate(&request, context.limits().headers) {
        Ok(()) => next.run(request).await,
        Err(problem) => {
            context.set_must_close();
            problem.into_response()
        }
    }
}

/// Answers 503 beyond `MAX_REQUESTS`.
async fn limit_concurrency(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    let Ok(_permit) = shared.requests.try_acquire() else {
        shared.metrics.shed.inc();
        return too_many("too many requests");
    };
    next.run(request).await
}

/// Answers 503 after `REQUEST_TIMEOUT`, or 408 if the body is late.
async fn limit_time(request: Request, next: Next) -> Response {
    let Some(context) = RequestContext::of(&request) else {
        return next.run(request).await;
    };
    tokio::select! {
        // First, since a route with limits of its own sets them when it is called.
        biased;
        response = next.run(request) => response,
        timeout = timed_out(&context) => late(&context, timeout),
    }
}

async fn timed_out(context: &RequestContext) -> Duration {
    let Some(timeout) = context.timeout() else {
        return pending().await;
    };
    sleep_until(context.started + timeout).await;
    if !context.body_has_ended() {
        context.set_body_failure(BodyFailure::TooSlow);
    }
    timeout
}

/// Waits until the client has taken enough of the connection's earlier answers; 503 if it does not.
pub(super) async fn wait_for_memory(context: &RequestContext) -> Result<(), Response> {
    let limits = context.limits();
    let memory = context.connection.state.wait_for_memory(limits.unsent);
    timeout(limits.request, memory).await.map_err(|_| {
        let milliseconds = limits.request.as_millis();
        let detail = format!("earlier answers were not taken within {milliseconds} ms");
        Problem::new(StatusCode::SERVICE_UNAVAILABLE)
            .detail(detail)
            .into_response()
    })
}

fn late(context: &RequestContext, timeout: Duration) -> Response {
    let milliseconds = timeout.as_millis();
    let (status, detail) = if context.body_has_ended() {
        let detail = format!("no answer within {milliseconds} ms");
        (StatusCode::SERVICE_UNAVAILABLE, detail)
    } else {
        let detail = format!("the body did not end within {milliseconds} ms");
        (StatusCode::REQUEST_TIMEOUT, detail)
    };
    Problem::new(status).detail(detail).into_response()
}

/// Answers 500 if the handler panics.
async fn catch_panic(request: Request, next: Next) -> Response {
    let response = CatchUnwind {
        future: next.run(request),
    };
    response
        .await
        .unwrap_or_else(|_| Problem::new(StatusCode::INTERNAL_SERVER_ERROR).into_response())
}
