//! Runs the future of a job.

use std::future::Future;
use std::time::{Duration, Instant};

use axum::BoxError;
use chassis_http::new_runtime;
use chassis_telemetry::{box_error, format_error_chain};

use super::stop::StopSignal;
use crate::error::RunError;

/// How long blocking tasks that are still running may delay the exit.
const JOIN_TIMEOUT: Duration = Duration::from_millis(500);

/// Returns the exit code.
pub(super) fn run<F, E>(stop_signal: &StopSignal, job: impl FnOnce() -> F) -> Result<u8, RunError>
where
    F: Future<Output = Result<(), E>>,
    E: Into<BoxError>,
{
    let runtime = new_runtime().map_err(RunError::Runtime)?;
    let started = Instant::now();
    // A job may panic before it returns its future.
    let result = runtime.block_on(box_error(async { job().await }));
    if let Err(error) = &result {
        let error = format_error_chain(&**error);
        tracing::error!(error, "job failed");
    }
    let code = stop_signal.finish(result.is_ok());
    let duration_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    tracing::info!(exit_status = code, duration_ms, "finished");
    runtime.shutdown_timeout(JOIN_TIMEOUT);
    Ok(code)
}
