//! Background tasks.

use axum::BoxError;
use chassis_http::Shutdown;
use chassis_telemetry::{format_error_chain, BoxFuture};
use tokio::task::JoinSet;

/// A background task that has not been started.
pub(crate) struct Task {
    pub(crate) name: &'static str,
    pub(crate) start: Box<dyn FnOnce(Shutdown) -> BoxFuture + Send>,
}

pub(crate) struct RunningTasks(JoinSet<(&'static str, Result<(), BoxError>)>);

impl RunningTasks {
    /// Spawns the tasks on the current runtime.
    pub(crate) fn start(tasks: Vec<Task>, shutdown: &Shutdown) -> Self {
        let mut running = JoinSet::new();
        for Task { name, start } in tasks {
            let future = start(shutdown.clone());
            running.spawn(async move { (name, future.await) });
        }
        Self(running)
    }

    /// Waits until a task fails. Never resolves if all tasks succeed.
    pub(crate) async fn failed(&mut self) {
        while let Some(result) = self.0.join_next().await {
            if !succeeded(result.ok()) {
                return;
            }
        }
        std::future::pending::<()>().await;
    }

    /// Waits for all tasks. Returns whether all of them succeeded.
    pub(crate) async fn join(&mut self) -> bool {
        let mut all_succeeded = true;
        while let Some(result) = self.0.join_next().await {
            all_succeeded &= succeeded(result.ok());
        }
        all_succeeded
    }
}

/// Logs the error of a failed task.
fn succeeded(result: Option<(&'static str, Result<(), BoxError>)>) -> bool {
    match result {
        Some((_, Ok(()))) => true,
        Some((task, Err(error))) => {
            let error = format_error_chain(&*error);
            tracing::error!(task, error, "background task failed");
            false
        }
        // Aborted with the runtime.
        None => false,
    }
}
