//! Tells the chassis which route a request took: only the router knows.

use std::task::{Context, Poll};

use axum::extract::{MatchedPath, Request};
use tower_layer::Layer;
use tower_service::Service;

use super::trace;

/// Notes the route in the request's [`Progress`](super::progress::Progress).
#[derive(Clone, Copy)]
pub(super) struct NoteRoute;

#[derive(Clone)]
pub(super) struct NotingRoute<S>(S);

impl<S> Layer<S> for NoteRoute {
    type Service = NotingRoute<S>;

    fn layer(&self, inner: S) -> Self::Service {
        NotingRoute(inner)
    }
}

impl<S: Service<Request>> Service<Request> for NotingRoute<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, request: Request) -> S::Future {
        if let Some(route) = request.extensions().get::<MatchedPath>() {
            trace::current(|trace| trace.progress().note_route(route.as_str(), request.uri().path()));
        }
        self.0.call(request)
    }
}
