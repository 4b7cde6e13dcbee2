//! What a service hands to the chassis.

use std::fmt;
use std::future::Future;

use axum::Router;

use crate::ops::Check;

/// A service's routes, and what it needs to be ready.
pub struct App {
    pub(crate) router: Router,
    pub(crate) checks: Vec<Check>,
}

impl App {
    /// An app that is ready as soon as it listens.
    pub fn new(router: Router) -> Self {
        Self {
            router,
            checks: Vec::new(),
        }
    }

    /// Adds what `/readyz` asks, each time that it is asked: an error, or no answer within a second, and the service is
    /// not ready. Both name and error are told to whoever asks.
    #[must_use]
    pub fn ready_check<F, E>(
        mut self,
        name: &'static str,
        ask: impl Fn() -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Result<(), E>> + Send + 'static,
        E: fmt::Display,
    {
        self.checks.push(Check::new(name, ask));
        self
    }
}

impl From<Router> for App {
    fn from(router: Router) -> Self {
        Self::new(router)
    }
}
