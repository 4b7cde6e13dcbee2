//! Labels a request with the router's pattern, which only its routes know.

use std::task::{Context, Poll};

use axum::extract::{MatchedPath, Request};
use tower_layer::Layer;
use tower_service::Service;

use super::context::RequestContext;
use crate::metrics::Route;

/// By hand, since a middleware function around each route takes 4,000 instructions of 30,000.
#[derive(Clone, Copy, Debug)]
pub(super) struct NameRoute;

#[derive(Clone, Debug)]
pub(super) struct NamedRoute<S>(S);

impl<S> Layer<S> for NameRoute {
    type Service = NamedRoute<S>;

    fn layer(&self, inner: S) -> NamedRoute<S> {
        NamedRoute(inner)
    }
}

impl<S: Service<Request>> Service<Request> for NamedRoute<S> {
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
            context.set_route(Route::Matched(path.as_str().into()));
        }
        self.0.call(request)
    }
}
