//! Signal handling of a job, on a separate thread because the job may block the main thread.

use std::process::exit;
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::Duration;

use chassis_http::{Shutdown, ShutdownSender};
use chassis_telemetry::log;
use tokio::time::timeout;

use crate::error::RunError;
use crate::program::new_runtime;
use crate::signals::{ReceivedSignal, Signals};

/// The first signal that was received, if any.
pub(super) struct StopSignal(Arc<OnceLock<ReceivedSignal>>);

impl StopSignal {
    /// Requests a shutdown on the first signal. Exits on the second signal or `stop_timeout` after the first.
    pub(super) fn watch(stop_timeout: Duration) -> Result<(Self, Shutdown), RunError> {
        let runtime = new_runtime().map_err(RunError::Runtime)?;
        // Installed here rather than on the thread, so that no signal is lost before the job starts.
        let signals = runtime.block_on(async { Signals::new() });
        let mut signals = signals.map_err(RunError::Signals)?;
        let (sender, shutdown) = ShutdownSender::new();
        let received = Arc::new(OnceLock::new());
        let stop_signal = Self(Arc::clone(&received));
        let watch = async move {
            let first = signals.next().await;
            tracing::info!(signal = first.name, "stopping");
            let _ = received.set(first);
            sender.request();
            if let Ok(second) = timeout(stop_timeout, signals.next()).await {
                tracing::warn!(signal = second.name, "exiting immediately");
                exit_with(second);
            }
            tracing::error!("job aborted after STOP_TIMEOUT");
            exit_with(first);
        };
        thread::Builder::new()
            .name("signals".into())
            .spawn(move || runtime.block_on(watch))
            .map_err(RunError::Runtime)?;
        Ok((stop_signal, shutdown))
    }

    /// The exit code of a process that was stopped by the signal.
    pub(super) fn exit_code(&self) -> Option<u8> {
        self.0.get().map(|signal| signal.exit_code)
    }
}

#[expect(clippy::disallowed_methods, reason = "the job did not return in time")]
fn exit_with(signal: ReceivedSignal) -> ! {
    log::flush();
    exit(signal.exit_code.into())
}
