//! What a service hands to the chassis.

use std::fmt;
use std::future::Future;

use axum::Router;

use crate::health::Check;
use crate::tasks::Task;
use crate::Shutdown;

/// A service's routes, readiness checks and background tasks.
pub struct App {
    pub(crate) router: Router,
    pub(crate) checks: Vec<Check>,
    pub(crate) tasks: Vec<Task>,
}

impl App {
    /// An app that is ready as soon as it listens.
    pub fn new(router: Router) -> Self {
        Self {
            router,
            checks: Vec::new(),
            tasks: Vec::new(),
        }
    }

    /// Adds a check that `/readyz` runs on each request. The service is not ready if the check returns an error, panics or
    /// takes longer than a second; the answer has the name and the error.
    #[must_use]
    pub fn ready_check<F, E>(
        mut self,
        name: &'static str,
        check: impl Fn() -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Result<(), E>> + Send + 'static,
        E: fmt::Display,
    {
        self.checks.push(Check::new(name, check));
        self
    }

    /// Adds a background task. It starts when the service listens, on the main thread's runtime, and is asked to end after the
    /// last request has ended. It has what is left of `DRAIN_TIMEOUT` to do so.
    ///
    /// A task that returns an error or panics ends the service with exit status 1, after a drain; one that returns `Ok` before
    /// it is asked to has done its work.
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
        E: fmt::Display,
    {
        self.tasks.push(Task::new(name, task));
        self
    }
}

impl From<Router> for App {
    fn from(router: Router) -> Self {
        Self::new(router)
    }
}
