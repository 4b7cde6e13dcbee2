//! Whether the service can serve.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::time::timeout;

use crate::caught::Caught;

/// A check, or a thread, that says nothing by then has failed.
pub(super) const PATIENCE: Duration = Duration::from_secs(1);

type Answer = Pin<Box<dyn Future<Output = Result<(), String>> + Send>>;

/// A check that a service brings: a name, and what asks.
pub(crate) struct Check {
    name: &'static str,
    ask: Box<dyn Fn() -> Answer + Send + Sync>,
}

/// What the service's readiness hangs on.
pub(crate) struct Health {
    draining: AtomicBool,
    checks: Vec<Check>,
}

impl Check {
    pub(crate) fn new<F, E>(name: &'static str, ask: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<(), E>> + Send + 'static,
        E: fmt::Display,
    {
        let ask = move || -> Answer {
            let answer = ask();
            Box::pin(async move { answer.await.map_err(|error| error.to_string()) })
        };
        Self {
            name,
            ask: Box::new(ask),
        }
    }
}

impl Health {
    pub(crate) fn new(checks: Vec<Check>) -> Self {
        Self {
            draining: AtomicBool::new(false),
            checks,
        }
    }

    /// From now on the service is not ready.
    pub(crate) fn drain(&self) {
        self.draining.store(true, Ordering::Relaxed);
    }

    pub(crate) fn draining(&self) -> bool {
        self.draining.load(Ordering::Relaxed)
    }

    /// Whether the service wants requests; else what is in the way.
    pub(crate) async fn ready(&self) -> Result<(), String> {
        if self.draining() {
            return Err("the service is ending".to_owned());
        }
        for check in &self.checks {
            let answer = Caught {
                future: async { (check.ask)().await },
            };
            match timeout(PATIENCE, answer).await {
                Ok(Ok(Ok(()))) => {}
                Ok(Ok(Err(error))) => return Err(format!("{}: {error}", check.name)),
                Ok(Err(_)) => return Err(format!("{}: it panicked", check.name)),
                Err(_) => {
                    return Err(format!(
                        "{}: no answer within {} s",
                        check.name,
                        PATIENCE.as_secs()
                    ))
                }
            }
        }
        Ok(())
    }
}
