//! The signals of a job: on a thread of their own, so that they end a job that blocks.

use std::process::exit;
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::Duration;

use tokio::runtime::Builder;
use tokio::time::timeout;

use crate::error::RunError;
use crate::log;
use crate::shutdown::{Shutdown, ShutdownSender};
use crate::signals::{ReceivedSignal, Signals};

/// The signal that stops the job, once there is one.
pub(super) struct Stop(Arc<OnceLock<ReceivedSignal>>);

impl Stop {
    /// Requests the shutdown at the first signal; ends the process at the second, or after `stop_timeout`.
    pub(super) fn on_signals(stop_timeout: Duration) -> Result<(Self, Shutdown), RunError> {
        let runtime = Builder::new_current_thread()
            .enable_io()
            .enable_time()
            .build()
            .map_err(RunError::Runtime)?;
        // From now on, before the job starts.
        let signals = runtime.block_on(async { Signals::new() });
        let mut signals = signals.map_err(RunError::Signals)?;
        let (sender, shutdown) = ShutdownSender::new();
        let received = Arc::new(OnceLock::new());
        let stop = Self(Arc::clone(&received));
        let watch = async move {
            let first = signals.next().await;
            tracing::info!(signal = first.name, "stopping");
            // Nothing else sets it.
            let _ = received.set(first);
            sender.request();
            if let Ok(second) = timeout(stop_timeout, signals.next()).await {
                tracing::warn!(signal = second.name, "ended at once");
                end(second);
            }
            tracing::error!("ended with the job running, after STOP_TIMEOUT");
            end(first);
        };
        thread::Builder::new()
            .name("signals".into())
            .spawn(move || runtime.block_on(watch))
            .map_err(RunError::Runtime)?;
        Ok((stop, shutdown))
    }

    /// That of a process that a signal stopped.
    pub(super) fn exit_code(&self) -> Option<u8> {
        self.0.get().map(|signal| signal.exit_code)
    }
}

#[expect(clippy::disallowed_methods, reason = "the job has not ended in time")]
fn end(signal: ReceivedSignal) -> ! {
    log::flush();
    exit(signal.exit_code.into())
}
