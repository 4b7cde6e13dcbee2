//! Extractors of what the chassis knows of a request.

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{Extensions, StatusCode};

use super::client::ClientAddr;
use super::context::RequestContext;
use crate::health::Readiness;
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

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(&parts.extensions))
    }
}

impl Shutdown {
    /// That of a request with these extensions, for handlers without extractors. Where the routes are called without the
    /// chassis, as in their tests, it is never requested.
    pub fn of(extensions: &Extensions) -> Self {
        let context = RequestContext::get(extensions);
        context.map_or_else(Self::default, |context| context.shared().shutdown.clone())
    }
}

impl Readiness {
    /// That of the service which answers a request with these extensions. Where the routes are called without the chassis, as
    /// in their tests, they are ready.
    pub fn of(extensions: &Extensions) -> Self {
        let context = RequestContext::get(extensions);
        Self(context.map(|context| Arc::clone(&context.shared().health)))
    }
}
