//! Errors of requests.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use chassis::Problem;

use crate::excerpt::Excerpt;
use crate::link::InvalidLink;
use crate::query::MAX_LIMIT;
use crate::routes::no_store;
use crate::store::StoreError;

/// An error of a route, returned as a [`Problem`].
#[derive(Debug, thiserror::Error)]
pub(crate) enum ApiError {
    #[error(
        "invalid query {0}: expected 'limit' from 1 to {MAX_LIMIT} and 'after' from 'next' of the page before, each at most \
         once, and no other parameter"
    )]
    Query(Excerpt),
    #[error(transparent)]
    Link(#[from] InvalidLink),
    #[error("no such link")]
    NotFound,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let (status, detail) = match &self {
            Self::Query(_) => (StatusCode::BAD_REQUEST, self.to_string()),
            Self::Link(_) => (StatusCode::UNPROCESSABLE_ENTITY, self.to_string()),
            Self::NotFound => (StatusCode::NOT_FOUND, self.to_string()),
            Self::Store(StoreError::Taken(_)) => (StatusCode::CONFLICT, self.to_string()),
            Self::Store(error) => store_failure(error),
        };
        let mut problem = Problem::new(status).detail(detail);
        if status == StatusCode::SERVICE_UNAVAILABLE {
            problem = problem.retry_after(1);
        }
        no_store(problem.into_response())
    }
}

/// The status and the detail of an error. The log has the message of SQLite, which is not sent to clients.
fn store_failure(error: &StoreError) -> (StatusCode, String) {
    let (status, detail) = match error {
        StoreError::Busy => (
            StatusCode::SERVICE_UNAVAILABLE,
            "the database is busy, nothing was changed",
        ),
        StoreError::Closed => (StatusCode::SERVICE_UNAVAILABLE, "the service is shutting down"),
        StoreError::Unavailable(_) | StoreError::Removed => (
            StatusCode::SERVICE_UNAVAILABLE,
            "the database is unavailable, nothing was changed",
        ),
        StoreError::Taken(_) | StoreError::Sqlite(_) => {
            (StatusCode::INTERNAL_SERVER_ERROR, "the database failed")
        }
    };
    if !matches!(error, StoreError::Busy | StoreError::Closed) {
        tracing::error!(%error, "{detail}");
    }
    (status, detail.to_owned())
}
