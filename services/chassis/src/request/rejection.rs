//! What the chassis answers in a handler's place, in the protocol of the request.

use axum::response::{IntoResponse, Response};

use super::context::RequestContext;
use crate::grpc::{self, Code};
use crate::problem::Problem;

impl RequestContext {
    /// Answers with a problem, or with the code of gRPC that stands for it.
    pub(super) fn reject(&self, problem: Problem) -> Response {
        let code = Code::of_http(problem.status());
        self.reject_with(code, problem)
    }

    /// Likewise, with another code.
    pub(super) fn reject_with(&self, code: Code, problem: Problem) -> Response {
        match self.call {
            Some(_) => grpc::reject(code, problem.message()),
            None => problem.into_response(),
        }
    }
}
