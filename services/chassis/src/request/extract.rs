//! Extractors of what the chassis knows of a request.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::StatusCode;

use super::client::ClientAddr;
use super::context::RequestContext;
use crate::problem::Problem;
use crate::shutdown::Shutdown;

impl<S: Sync> FromRequestParts<S> for ClientAddr {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let context = RequestContext::get(&parts.extensions);
        context.map(|context| context.client).ok_or_else(|| {
            Problem::new(StatusCode::INTERNAL_SERVER_ERROR)
                .detail("the routes are served without the chassis")
        })
    }
}

impl<S: Sync> FromRequestParts<S> for Shutdown {
    type Rejection = Infallible;

    /// Where the routes are called without the chassis, as in their tests, it is never requested.
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let context = RequestContext::get(&parts.extensions);
        Ok(context.map_or_else(Self::default, |context| context.shared().shutdown.clone()))
    }
}
