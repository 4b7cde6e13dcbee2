//! Records the matched route of a request.

use std::task::{Context, Poll};

use axum::extract::{MatchedPath, Request};
use tower_layer::Layer;
use tower_service::Service;

use super::context::RequestContext;
use crate::metrics::Route;

/// A layer for routes, because only a route knows the router's pattern. Hand-written because `middleware::from_fn` boxes a future
/// for each request.
#[derive(Clone, Copy, Debug)]
pub(super) struct RecordRouteLayer;

#[derive(Clone, Debug)]
pub(super) struct RecordRoute<S>(S);

impl<S> Layer<S> for RecordRouteLayer {
    type Service = RecordRoute<S>;

    fn layer(&self, inner: S) -> RecordRoute<S> {
        RecordRoute(inner)
    }
}

impl<S: Service<Request>> Service<Request> for RecordRoute<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, request: Request) -> S::Future {
        let extensions = request.extensions();
        if let (Some(context), Some(path)) =
            (RequestContext::get(extensions), extensions.get::<MatchedPath>())
        {
            context.set_route(Route::Matched(path.clone()));
        }
        self.0.call(request)
    }
}
