//! What a port's connections are answered by.

use std::sync::Arc;
use std::time::Duration;

use axum::body::HttpBody;
use axum::http::{header, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::Router;

use super::fixed::FixedRoutes;
use super::requests::Requests;
use super::route::NoteRoute;
use crate::ops::{Health, Metrics};
use crate::problem::Problem;
use crate::settings::Limits;
use crate::turns::Turns;

/// What the requests of a service share.
pub(crate) struct Shared {
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) health: Arc<Health>,
    pub(crate) turns: Arc<Turns>,
    pub(crate) limits: Limits,
}

/// Answers requests. One type for both ports: what hyper makes of it is there once.
pub(crate) struct Handler {
    router: Router,
    /// The same, but notes which route was taken: only the router knows, and a layer on each route costs a sixteenth of a request.
    noting: Option<Router>,
    /// Routes that need no noting.
    pub(super) fixed: FixedRoutes,
    shared: Arc<Shared>,
    /// Whether requests are limited, counted and logged.
    service: bool,
}

impl Handler {
    /// Answers with a service's routes.
    pub(crate) fn of_service(router: Router, shared: Arc<Shared>) -> Self {
        Self {
            // Without a state of its own axum would put each route together again for each request.
            noting: Some(router.clone().layer(NoteRoute).with_state(())),
            router: router.with_state(()),
            fixed: FixedRoutes::new(),
            shared,
            service: true,
        }
    }

    /// Answers with routes that are asked in need: without limits that a load could reach.
    pub(crate) fn of_operations(router: Router, shared: Arc<Shared>) -> Self {
        Self {
            router: router.with_state(()),
            noting: None,
            fixed: FixedRoutes::new(),
            shared,
            service: false,
        }
    }

    /// What answers the requests of a connection.
    pub(crate) fn requests(self: &Arc<Self>) -> Requests {
        Requests::new(self.router.clone(), self.noting.clone(), Arc::clone(self))
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.shared.limits
    }

    /// Where requests are counted, if they are.
    pub(super) fn counts(&self) -> Option<&Shared> {
        self.service.then_some(&self.shared)
    }

    /// How long an answer may take, if there is a limit.
    pub(super) fn patience(&self) -> Option<Duration> {
        self.service.then_some(self.shared.limits.request)
    }

    /// Whether the service is about to end.
    pub(super) fn draining(&self) -> bool {
        self.shared.health.draining()
    }

    /// Whether a request has a turn; else it is one too many.
    pub(super) fn admits(&self) -> bool {
        !self.service || self.shared.turns.take()
    }

    /// The answer to a request that doesn't reach the routes.
    pub(super) fn refusal(&self, body: &impl HttpBody, admitted: bool) -> Option<Response> {
        if !admitted {
            self.shared.metrics.shed();
            let problem = Problem::new(StatusCode::SERVICE_UNAVAILABLE).detail("too many requests at a time");
            return Some(([(header::RETRY_AFTER, "1")], problem).into_response());
        }
        let too_long = body.size_hint().lower() > self.shared.limits.body as u64;
        too_long.then(|| Problem::new(StatusCode::PAYLOAD_TOO_LARGE).into_response())
    }
}
