//! An answer that is being made.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::task::{ready, Context, Poll};
use std::time::Duration;

use axum::http::{header, HeaderValue, StatusCode, Version};
use axum::response::{IntoResponse, Response};
use axum::routing::future::RouteFuture;
use tokio::task::coop::{unconstrained, Unconstrained};
use tokio::time::{sleep_until, Sleep};

use super::body::Download;
use super::record::Record;
use super::trace::{InTrace, REQUEST_ID};
use crate::caught::Caught;
use crate::problem::{self, Problem};

pin_project_lite::pin_project! {
    /// Written out, and not an `async` block, which would move request and answer once more at each step.
    pub(crate) struct Answer {
        #[pin]
        source: Source,
        // Goes with the answer.
        record: Option<Record>,
        version: Version,
        // Set for an answer that is not there at once.
        deadline: Option<Pin<Box<Unconstrained<Sleep>>>>,
    }
}

pin_project_lite::pin_project! {
    /// Who answers.
    #[project = Asked]
    pub(super) enum Source {
        Chassis { response: Box<Response> },
        // Boxed, as the other is: what holds it is moved more often than it is worth.
        Routes { #[pin] answer: InTrace<Pin<Box<Caught<RouteFuture<Infallible>>>>> },
    }
}

impl Answer {
    pub(super) fn new(source: Source, record: Record, version: Version) -> Self {
        Self {
            source,
            record: Some(record),
            version,
            deadline: None,
        }
    }
}

impl Future for Answer {
    type Output = Result<hyper::Response<Download>, Infallible>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let Some(record) = this.record else {
            return Poll::Pending;
        };
        let response = match this.source.project() {
            Asked::Chassis { response } => std::mem::take(&mut **response),
            Asked::Routes { answer } => match answer.poll(context) {
                Poll::Ready(Ok(Ok(response))) => response,
                Poll::Ready(Err(_)) => Problem::new(StatusCode::INTERNAL_SERVER_ERROR).into_response(),
                Poll::Pending => {
                    let Some(limit) = record.client.handler.patience() else {
                        return Poll::Pending;
                    };
                    let until = record.started() + limit;
                    let deadline = this
                        .deadline
                        .get_or_insert_with(|| Box::pin(unconstrained(sleep_until(until))));
                    ready!(deadline.as_mut().poll(context));
                    late(limit, record.trace.progress().body_read())
                }
            },
        };
        match this.record.take() {
            Some(record) => Poll::Ready(Ok(finish(response, record, *this.version))),
            None => Poll::Pending,
        }
    }
}

/// What every answer has, whoever made it.
fn finish(mut response: Response, mut record: Record, version: Version) -> hyper::Response<Download> {
    if problem::may_be(response.status()) {
        response = problem::fill(response, record.trace.progress().body_too_long());
    }
    if record.client.handler.counts().is_some() {
        if let Some(id) = record.trace.request_id_header() {
            response.headers_mut().insert(&REQUEST_ID, id);
        }
    }
    if version < Version::HTTP_2 && record.client.handler.draining() {
        response
            .headers_mut()
            .insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    record.status = response.status();
    response.map(|body| Download::new(body, record))
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
