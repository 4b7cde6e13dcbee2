//! The steps around the routes.

use std::future::{pending, Future};
use std::time::Duration;

use axum::extract::Request;
use axum::http::{header, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::Router;
use hyper::body::Body as _;
use tokio::sync::SemaphorePermit;
use tokio::time::{sleep_until, timeout};
use tower_service::Service as _;

use super::context::{BodyFailure, RequestContext};
use super::limits::too_many;
use super::validate::validate;
use crate::catch_unwind::CatchUnwind;
use crate::grpc::Code;
use crate::problem::Problem;

/// How long requests of a connection wait for earlier answers to be taken, if there are many and it is not known to take them.
const UNTAKEN_PATIENCE: Duration = Duration::from_millis(100);

/// Answers a request of the service.
pub(super) async fn serve(context: &RequestContext, request: Request, routes: Router) -> Response {
    if let Err(problem) = wait_to_run(context).await {
        return context.reject(problem);
    }
    let response = match check_head(context, &request).and_then(|()| limit_concurrency(context)) {
        Ok(_permit) => limit_time(context, catch_panic(context, routes, request)).await,
        Err(problem) => context.reject(problem),
    };
    match context.call {
        None => explain_error(context, response),
        Some(_) => explain_call_error(context, response),
    }
}

/// Answers a request of the operations port, without limits that a busy service could reach.
pub(super) async fn serve_operations(context: &RequestContext, request: Request, routes: Router) -> Response {
    let response = match check_head(context, &request) {
        Ok(()) => catch_panic(context, routes, request).await,
        Err(problem) => context.reject(problem),
    };
    explain_error(context, response)
}

/// Waits until the client has taken enough of the connection's earlier answers; 503 if it does not.
async fn wait_to_run(context: &RequestContext) -> Result<(), Problem> {
    let limits = context.limits();
    let state = &context.connection.state;
    let run = state.wait_to_run(limits.unsent, UNTAKEN_PATIENCE);
    timeout(limits.request, run).await.map_err(|_| {
        let milliseconds = limits.request.as_millis();
        let detail = format!("earlier answers were not taken within {milliseconds} ms");
        Problem::new(StatusCode::SERVICE_UNAVAILABLE).detail(detail)
    })
}

/// Refuses what RFC 9112 has a server refuse.
fn check_head(context: &RequestContext, request: &Request) -> Result<(), Problem> {
    validate(request, context.limits().headers).inspect_err(|_| context.set_must_close())
}

/// Answers 503 beyond `MAX_REQUESTS`.
fn limit_concurrency(context: &RequestContext) -> Result<SemaphorePermit<'_>, Problem> {
    let shared = context.shared();
    shared.requests.try_acquire().map_err(|_| {
        shared.metrics.shed.inc();
        too_many("too many requests")
    })
}

/// Answers 503 after `REQUEST_TIMEOUT`, or 408 if the body is late.
async fn limit_time(context: &RequestContext, response: impl Future<Output = Response>) -> Response {
    tokio::select! {
        // First, since a route with limits of its own sets them when it is called.
        biased;
        response = response => response,
        timeout = timed_out(context) => late(context, timeout),
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

fn late(context: &RequestContext, timeout: Duration) -> Response {
    let milliseconds = timeout.as_millis();
    let (status, detail) = if context.body_has_ended() {
        let detail = format!("no answer within {milliseconds} ms");
        (StatusCode::SERVICE_UNAVAILABLE, detail)
    } else {
        let detail = format!("the body did not end within {milliseconds} ms");
        (StatusCode::REQUEST_TIMEOUT, detail)
    };
    context.reject_with(Code::DEADLINE_EXCEEDED, Problem::new(status).detail(detail))
}

/// Calls the routes; answers 500 if the handler panics.
async fn catch_panic(context: &RequestContext, mut routes: Router, request: Request) -> Response {
    let caught = CatchUnwind {
        future: routes.call(request),
    };
    match caught.await {
        Ok(Ok(response)) => {
            if let Some(call) = &context.call {
                call.note_answer(&response);
            }
            response
        }
        Err(_) => context.reject(Problem::new(StatusCode::INTERNAL_SERVER_ERROR)),
    }
}

/// Makes a [`Problem`] of an error without a body, and of one that a request's body caused.
fn explain_error(context: &RequestContext, response: Response) -> Response {
    let status = response.status();
    if !status.is_client_error() && !status.is_server_error() {
        return response;
    }
    // An extractor cannot know why a body failed.
    if let Some(failure) = context
        .body_failure()
        .filter(|failure| failure_status(*failure) != status)
    {
        return context.reject(body_problem(failure));
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

/// Makes a gRPC status of an error that has none, and of one that a request's body caused.
fn explain_call_error(context: &RequestContext, response: Response) -> Response {
    let code = match Code::of(response.headers()) {
        None if response.status() != StatusCode::OK => Code::of_http(response.status()),
        None | Some(Code::OK) => return response,
        Some(code) => code,
    };
    // A handler cannot know why a body failed.
    match context.body_failure() {
        Some(BodyFailure::Aborted) => {
            context.reject_with(Code::CANCELLED, body_problem(BodyFailure::Aborted))
        }
        Some(failure) if code != Code::DEADLINE_EXCEEDED => context.reject(body_problem(failure)),
        _ if response.status() == StatusCode::OK => response,
        _ => context.reject(Problem::new(response.status())),
    }
}

fn body_problem(failure: BodyFailure) -> Problem {
    let detail = format!("request body: {failure}");
    match failure {
        BodyFailure::TooMany => too_many(&detail),
        _ => Problem::new(failure_status(failure)).detail(detail),
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
