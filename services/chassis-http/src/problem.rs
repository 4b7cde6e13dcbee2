//! Problem details, RFC 9457.

use axum::http::{header, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use chassis_env::truncate;
use serde::Serialize;

/// In bytes. Bounded because details may quote the client's input.
const MAX_DETAIL: usize = 256;

/// An error response with a body of type `application/problem+json`, RFC 9457.
///
/// The body has `title`, `status` and `detail`. It has no `type`, which is equivalent to `about:blank`.
///
/// ```
/// # use axum::http::StatusCode;
/// # use chassis_http::Problem;
/// let problem = Problem::new(StatusCode::CONFLICT).detail("code \"a\" is taken");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    status: StatusCode,
    detail: Option<String>,
    retry_after: Option<u32>,
}

#[derive(Serialize)]
struct Members<'a> {
    title: &'a str,
    status: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'a str>,
}

impl Problem {
    /// Creates a problem whose `title` is the reason phrase of `status`.
    pub fn new(status: StatusCode) -> Self {
        Self {
            status,
            detail: None,
            retry_after: None,
        }
    }

    /// Sets the `detail`, an explanation of this occurrence. It is truncated to 256 bytes.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(truncate(&detail.into(), MAX_DETAIL).into_owned());
        self
    }

    /// Sets the header `retry-after`.
    #[must_use]
    pub fn retry_after(mut self, seconds: u32) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    pub(crate) fn message(&self) -> &str {
        self.detail.as_deref().unwrap_or_else(|| self.title())
    }

    fn title(&self) -> &'static str {
        self.status.canonical_reason().unwrap_or("Error")
    }

    /// Returns the status of the response.
    pub fn status(&self) -> StatusCode {
        self.status
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let members = Members {
            title: self.title(),
            status: self.status.as_u16(),
            detail: self.detail.as_deref(),
        };
        // Strings and a number always serialize.
        let body = serde_json::to_vec(&members).unwrap_or_default();
        let content_type = HeaderValue::from_static("application/problem+json");
        let mut response = (self.status, [(header::CONTENT_TYPE, content_type)], body).into_response();
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn truncates_details_between_characters() {
        let problem = Problem::new(StatusCode::BAD_REQUEST).detail("\u{e4}".repeat(1000));
        let detail = problem.detail.unwrap();
        assert!(detail.len() <= MAX_DETAIL + 3, "{}", detail.len());
        assert!(detail.ends_with("\u{e4}\u{2026}"));
    }
}
