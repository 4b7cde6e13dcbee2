//! Background tasks.

use std::fmt;
use std::future::Future;
use std::pin::Pin;

use tokio::task::JoinSet;

use crate::catch_unwind::CatchUnwind;
use crate::Shutdown;

type BoxFuture = Pin<Box<dyn Future<Output = Result<(), String>> + Send>>;

/// A background task of a service, not started.
pub(crate) struct Task {
    name: &'static str,
    start: Box<dyn FnOnce(Shutdown) -> BoxFuture + Send>,
}

/// Background tasks that run.
pub(crate) struct RunningTasks(JoinSet<(&'static str, Result<(), String>)>);

impl Task {
    pub(crate) fn new<F, E>(name: &'static str, task: impl FnOnce(Shutdown) -> F + Send + 'static) -> Self
    where
        F: Future<Output = Result<(), E>> + Send + 'static,
        E: fmt::Display,
    {
        let start = move |shutdown| -> BoxFuture {
            let future = CatchUnwind {
                future: task(shutdown),
            };
            Box::pin(async move {
                match future.await {
                    Ok(result) => result.map_err(|error| error.to_string()),
                    Err(panicked) => Err(panicked.to_string()),
                }
            })
        };
        Self {
            name,
            start: Box::new(start),
        }
    }
}

impl RunningTasks {
    /// Starts tasks in the current runtime.
    pub(crate) fn start(tasks: Vec<Task>, shutdown: &Shutdown) -> Self {
        let mut running = JoinSet::new();
        for Task { name, start } in tasks {
            let future = start(shutdown.clone());
            running.spawn(async move { (name, future.await) });
        }
        Self(running)
    }

    /// Waits for the first task that fails; forever if none does.
    pub(crate) async fn failed(&mut self) {
        while let Some(ended) = self.0.join_next().await {
            if !succeeded(ended.ok()) {
                return;
            }
        }
        std::future::pending::<()>().await;
    }

    /// Waits for all tasks; whether all of them succeeded.
    pub(crate) async fn join(&mut self) -> bool {
        let mut all = true;
        while let Some(ended) = self.0.join_next().await {
            all &= succeeded(ended.ok());
        }
        all
    }
}

fn succeeded(ended: Option<(&'static str, Result<(), String>)>) -> bool {
    match ended {
        Some((_, Ok(()))) => true,
        Some((task, Err(error))) => {
            tracing::error!(task, error, "background task failed");
            false
        }
        // Aborted with its runtime.
        None => false,
    }
}
