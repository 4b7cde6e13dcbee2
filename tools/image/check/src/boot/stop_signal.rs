//! Stop signals.

use oci_layout::RunConfig;
use rustix::process::Signal;

const NAMES: [(&str, Signal); 7] = [
    ("SIGTERM", Signal::TERM),
    ("SIGQUIT", Signal::QUIT),
    ("SIGINT", Signal::INT),
    ("SIGHUP", Signal::HUP),
    ("SIGUSR1", Signal::USR1),
    ("SIGUSR2", Signal::USR2),
    ("SIGWINCH", Signal::WINCH),
];

/// The image's `StopSignal`, by name or number, default SIGTERM; and its name.
pub(super) fn of(run: &RunConfig) -> Result<(&'static str, Signal), String> {
    let value = match run.stop_signal.as_str() {
        "" => "SIGTERM",
        other => other,
    };
    NAMES
        .into_iter()
        .find(|(name, signal)| {
            *name == value || name.trim_start_matches("SIG") == value || signal.as_raw().to_string() == value
        })
        .ok_or_else(|| {
            let accepted = NAMES.map(|(name, _)| name).join(", ");
            format!("invalid StopSignal {value:?}: expected one of {accepted}")
        })
}
