//! Error responses of the chassis, as problem details or as gRPC status.

use axum::response::{IntoResponse, Response};

use super::context::RequestContext;
use crate::grpc::{self, Code};
use crate::problem::Problem;

impl RequestContext {
    /// Converts a problem to a response. For gRPC the code follows from the HTTP status.
    pub(super) fn reject(&self, problem: Problem) -> Response {
        let code = Code::from_http_status(problem.status());
        self.reject_with(code, problem)
    }

    /// Like [`Self::reject`], with another gRPC code.
    pub(super) fn reject_with(&self, code: Code, problem: Problem) -> Response {
        match self.call {
            Some(_) => grpc::reject(code, problem.message()),
            None => problem.into_response(),
        }
    }
}
