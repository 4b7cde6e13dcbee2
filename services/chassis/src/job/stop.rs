//! Signal handling of a job.

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use chassis_http::{Shutdown, ShutdownSender};

use crate::error::RunError;
use crate::signals::{Signals, StopReason};

/// The first signal that was received, if any.
pub(super) struct StopSignal(Arc<OnceLock<StopReason>>);

impl StopSignal {
    /// Requests a shutdown on the first signal. Exits on the second signal or `stop_timeout` after the first.
    pub(super) fn watch(signals: Signals, stop_timeout: Duration) -> Result<(Self, Shutdown), RunError> {
        let (sender, shutdown) = ShutdownSender::new();
        let received = Arc::new(OnceLock::new());
        let stop_signal = Self(Arc::clone(&received));
        signals.watch(move |mut signals| {
            let first = signals.next();
            tracing::info!(signal = first.name, "stopping");
            let _ = received.set(first);
            sender.request();
            if let Some(second) = signals.next_before(Some(Instant::now() + stop_timeout)) {
                tracing::warn!(signal = second.name, "exiting immediately");
                return second.exit_code;
            }
            tracing::error!("job aborted after STOP_TIMEOUT");
            first.exit_code
        })?;
        Ok((stop_signal, shutdown))
    }

    /// The exit code of a process that was stopped by the signal.
    pub(super) fn exit_code(&self) -> Option<u8> {
        self.0.get().map(|signal| signal.exit_code)
    }
}
