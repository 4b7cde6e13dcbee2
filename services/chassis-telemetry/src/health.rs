//! Readiness.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::OnceLock;
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

impl Check {
    async fn run(&self) -> Result<(), NotReady> {
        let timed_out = |_| Err(format!("timed out after {} s", CHECK_TIMEOUT.as_secs()).into());
        let result = timeout(CHECK_TIMEOUT, (self.start)()).await;
        let name = self.name;
        result
            .unwrap_or_else(timed_out)
            .map_err(|error| NotReady::Check { name, error })
    }
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

    /// Runs the checks, up to the first that fails.
    pub async fn check(&self) -> Result<(), NotReady> {
        if self.is_draining() {
            return Err(NotReady::Draining);
        }
        let checks = self.checks.get().ok_or(NotReady::Starting)?;
        for check in checks {
            if let Err(error) = check.run().await {
                if !self.failing.swap(true, Ordering::Relaxed) {
                    tracing::warn!(%error, "not ready");
                }
                return Err(error);
            }
        }
        if self.failing.swap(false, Ordering::Relaxed) {
            tracing::info!("ready again");
        }
        Ok(())
    }
}
