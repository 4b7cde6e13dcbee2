//! Errors as RFC 9457 has them.

use axum::http::{header, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};

use crate::quote::quote;

/// An error as a client gets it: `application/problem+json`, RFC 9457.
///
/// `type` is left out, which stands for `about:blank`: the status says what kind of problem it is.
///
/// ```
/// # use axum::http::StatusCode;
/// # use chassis::Problem;
/// let problem = Problem::new(StatusCode::CONFLICT).detail("code \"a\" is taken");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    status: StatusCode,
    detail: Option<String>,
}

impl Problem {
    /// A problem of a status; `title` is the status's phrase.
    pub fn new(status: StatusCode) -> Self {
        Self { status, detail: None }
    }

    /// What is wrong with this very request, for whoever sent it.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// The status that it is answered with.
    pub fn status(&self) -> StatusCode {
        self.status
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let title = self.status.canonical_reason().unwrap_or("Error");
        let mut body = format!("{{\"title\":\"{title}\",\"status\":{}", self.status.as_u16());
        if let Some(detail) = &self.detail {
            body.push_str(",\"detail\":");
            quote(&mut body, detail);
        }
        body.push('}');
        let content_type = HeaderValue::from_static("application/problem+json");
        (self.status, [(header::CONTENT_TYPE, content_type)], body).into_response()
    }
}

/// Whether [`fill`] may have something to do.
pub(crate) fn may_be(status: StatusCode) -> bool {
    status.is_client_error() || status.is_server_error()
}

/// Makes a problem of an answer that [`may_be`] one: of an error that the router made without a body, and of what axum's own
/// extractors say in plain text of a body that is too long.
pub(crate) fn fill(response: Response, body_too_long: bool) -> Response {
    use hyper::body::Body as _;

    let status = response.status();
    if body_too_long && status == StatusCode::PAYLOAD_TOO_LARGE {
        return Problem::new(status).into_response();
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
