//! Readiness.

use std::future::poll_fn;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::OnceLock;
use std::task::Poll;
use std::time::Duration;

use axum::BoxError;
use tokio::time::timeout;

use crate::{format_error_chain, BoxFuture};

/// Timeout of a readiness check, and of the response of a worker thread.
pub const CHECK_TIMEOUT: Duration = Duration::from_secs(1);

/// A readiness check.
pub struct Check {
    /// Named in the response if the check fails.
    pub name: &'static str,
    /// Starts the check.
    pub start: Box<dyn Fn() -> BoxFuture + Send + Sync>,
}

/// The readiness of a service.
#[derive(Default)]
pub struct Health {
    draining: AtomicBool,
    /// Whether the last check failed.
    failing: AtomicBool,
    /// Unset until the service listens.
    checks: OnceLock<Vec<Check>>,
}

/// Why the service is not ready.
#[derive(Debug, thiserror::Error)]
pub enum NotReady {
    /// The service does not listen yet.
    #[error("starting")]
    Starting,
    /// SIGTERM or SIGINT was received, or a background task failed.
    #[error("draining")]
    Draining,
    /// A check failed.
    #[error("{name}: {}", format_error_chain(&**.error))]
    Check {
        /// The name of the check.
        name: &'static str,
        /// Its error.
        error: BoxError,
    },
}

/// Runs the checks concurrently. The error is that of the first failed check in the order of registration.
async fn run(checks: &[Check]) -> Result<(), NotReady> {
    let mut running: Vec<_> = checks.iter().map(|check| ((check.start)(), None)).collect();
    let all = poll_fn(|context| {
        let mut all = Poll::Ready(());
        for (future, result) in &mut running {
            if result.is_none() {
                match future.as_mut().poll(context) {
                    Poll::Ready(ready) => *result = Some(ready),
                    Poll::Pending => all = Poll::Pending,
                }
            }
        }
        all
    });
    // A check that has timed out has no result.
    let _ = timeout(CHECK_TIMEOUT, all).await;
    let timed_out = || Err(format!("timed out after {} s", CHECK_TIMEOUT.as_secs()).into());
    for (check, (_, result)) in checks.iter().zip(running) {
        let name = check.name;
        let result = result.unwrap_or_else(timed_out);
        result.map_err(|error| NotReady::Check { name, error })?;
    }
    Ok(())
}

impl Health {
    /// Reports that the service listens. From now on, these checks decide whether it is ready.
    pub fn set_started(&self, checks: Vec<Check>) {
        let _ = self.checks.set(checks);
    }

    /// Returns whether [`Self::set_started`] was called.
    pub fn is_started(&self) -> bool {
        self.checks.get().is_some()
    }

    /// Makes the service not ready.
    pub fn set_draining(&self) {
        self.draining.store(true, Ordering::Relaxed);
    }

    /// Returns whether [`Self::set_draining`] was called.
    pub fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Relaxed)
    }

    /// Runs the checks.
    pub async fn check(&self) -> Result<(), NotReady> {
        if self.is_draining() {
            return Err(NotReady::Draining);
        }
        let checks = self.checks.get().ok_or(NotReady::Starting)?;
        if let Err(error) = run(checks).await {
            if !self.failing.swap(true, Ordering::Relaxed) {
                tracing::warn!(%error, "not ready");
            }
            return Err(error);
        }
        if self.failing.swap(false, Ordering::Relaxed) {
            tracing::info!("ready again");
        }
        Ok(())
    }
}
