//! Signal handling of a job.

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use chassis_http::{Shutdown, ShutdownSender};

use crate::error::RunError;
use crate::signals::{Signals, StopReason};

/// The state of a job, shared with the signal thread.
pub(super) struct StopSignal(Arc<State>);

#[derive(Default)]
struct State {
    /// The first signal.
    received: OnceLock<StopReason>,
    /// Set when the job has returned.
    exit_code: OnceLock<u8>,
}

impl StopSignal {
    /// Requests a shutdown on the first signal. Exits on the second signal or `stop_timeout` after the first.
    pub(super) fn watch(signals: Signals, stop_timeout: Duration) -> Result<(Self, Shutdown), RunError> {
        let (sender, shutdown) = ShutdownSender::new();
        let state = Arc::new(State::default());
        let stop_signal = Self(Arc::clone(&state));
        signals.watch(move |mut signals| {
            let first = signals.next();
            tracing::info!(signal = first.name, "stopping");
            let _ = state.received.set(first);
            sender.request();
            if let Some(second) = signals.next_before(Some(Instant::now() + stop_timeout)) {
                tracing::warn!(signal = second.name, "exiting immediately");
                return second.exit_code;
            }
            if let Some(code) = state.exit_code.get() {
                return *code;
            }
            tracing::error!("job aborted after STOP_TIMEOUT");
            first.exit_code
        })?;
        Ok((stop_signal, shutdown))
    }

    /// Returns the exit code of a job that has returned, which then also applies after `stop_timeout`.
    pub(super) fn finish(&self, succeeded: bool) -> u8 {
        let stopped = self.0.received.get();
        let failed = stopped.map_or(1, |signal| signal.exit_code);
        *self
            .0
            .exit_code
            .get_or_init(|| if succeeded { 0 } else { failed })
    }
}
