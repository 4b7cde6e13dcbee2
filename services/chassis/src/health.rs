//! Readiness.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tokio::time::timeout;

use crate::catch_unwind::BoxFuture;
use crate::error::{format_error_chain, BoxError};

/// Timeout of a readiness check, and of the response of a worker thread.
pub(crate) const CHECK_TIMEOUT: Duration = Duration::from_secs(1);

/// A readiness check.
pub(crate) struct Check {
    pub(crate) name: &'static str,
    pub(crate) start: Box<dyn Fn() -> BoxFuture + Send + Sync>,
}

#[derive(Default)]
pub(crate) struct Health {
    /// Makes the service not ready.
    pub(crate) draining: AtomicBool,
    /// Whether the remaining requests are aborted by the service, not by their clients.
    pub(crate) aborting: AtomicBool,
    /// Whether the last check failed.
    failing: AtomicBool,
    /// Unset until the service listens.
    pub(crate) checks: OnceLock<Vec<Check>>,
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

/// The readiness of the service, as reported by `/readyz`, for protocols with their own health check.
#[derive(Clone)]
pub struct Readiness(pub(crate) Option<Arc<Health>>);

impl Readiness {
    /// Runs the readiness checks.
    pub async fn check(&self) -> Result<(), NotReady> {
        match &self.0 {
            Some(health) => health.check().await,
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Readiness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Readiness").finish_non_exhaustive()
    }
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
    pub(crate) async fn check(&self) -> Result<(), NotReady> {
        if self.draining.load(Ordering::Relaxed) {
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
