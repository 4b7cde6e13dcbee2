//! The parts of a service that the chassis runs.

use std::future::Future;
use std::sync::Arc;

use axum::{BoxError, Router};
use chassis_http::Shutdown;
use chassis_telemetry::{box_error, BoxFuture, Check};

use crate::tasks::Task;

/// A service's routes, readiness checks and background tasks.
pub struct App {
    pub(crate) router: Router,
    pub(crate) checks: Vec<Check>,
    pub(crate) tasks: Vec<Task>,
}

impl App {
    /// Creates an app without readiness checks or background tasks.
    pub fn new(router: Router) -> Self {
        Self {
            router,
            checks: Vec::new(),
            tasks: Vec::new(),
        }
    }

    /// Adds a readiness check, which `/readyz` runs on each request, concurrently with the others.
    ///
    /// The service is not ready if the check returns an error, panics or takes longer than one second. The response then
    /// contains `name` and the error with its sources.
    #[must_use]
    pub fn ready_check<F, E>(
        mut self,
        name: &'static str,
        check: impl Fn() -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Result<(), E>> + Send + 'static,
        E: Into<BoxError> + 'static,
    {
        let check = Arc::new(check);
        let start = Box::new(move || -> BoxFuture {
            let check = Arc::clone(&check);
            // A check may panic before it returns its future.
            Box::pin(box_error(async move { check().await }))
        });
        self.checks.push(Check { name, start });
        self
    }

    /// Adds a background task, which starts on the main thread's runtime when the service listens.
    ///
    /// Its [`Shutdown`] is requested after the last request has completed. The task then has the rest of `DRAIN_TIMEOUT`, and at
    /// least 500 ms, to return.
    ///
    /// If a task returns an error or panics, the service drains and exits with status 1. A task may return `Ok` at any time.
    ///
    /// ```
    /// # use std::convert::Infallible;
    /// # use std::time::Duration;
    /// # use chassis::App;
    /// let app = App::new(axum::Router::new()).task("refresh", |shutdown| async move {
    ///     while !shutdown.requested_within(Duration::from_secs(60)).await {
    ///         // Refresh something.
    ///     }
    ///     Ok::<_, Infallible>(())
    /// });
    /// ```
    #[must_use]
    pub fn task<F, E>(mut self, name: &'static str, task: impl FnOnce(Shutdown) -> F + Send + 'static) -> Self
    where
        F: Future<Output = Result<(), E>> + Send + 'static,
        E: Into<BoxError> + 'static,
    {
        // A task may panic before it returns its future.
        let start = Box::new(|shutdown| -> BoxFuture { Box::pin(box_error(async { task(shutdown).await })) });
        self.tasks.push(Task { name, start });
        self
    }
}

impl From<Router> for App {
    fn from(router: Router) -> Self {
        Self::new(router)
    }
}
