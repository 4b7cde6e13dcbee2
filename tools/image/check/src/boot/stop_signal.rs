//! The signal that asks a program to stop.

use rustix::process::Signal;

use crate::layout::RunConfig;

const NAMES: [(&str, Signal); 7] = [
    ("SIGTERM", Signal::TERM),
    ("SIGQUIT", Signal::QUIT),
    ("SIGINT", Signal::INT),
    ("SIGHUP", Signal::HUP),
    ("SIGUSR1", Signal::USR1),
    ("SIGUSR2", Signal::USR2),
    ("SIGWINCH", Signal::WINCH),
];

/// The image's `StopSignal` and its name; SIGTERM unless the image has one.
pub(super) fn of(run: &RunConfig) -> Result<(&'static str, Signal), String> {
    let wanted = match run.stop_signal.as_str() {
        "" => "SIGTERM",
        other => other,
    };
    NAMES
        .into_iter()
        .find(|(name, signal)| {
            *name == wanted
                || name.trim_start_matches("SIG") == wanted
                || signal.as_raw().to_string() == wanted
        })
        .ok_or_else(|| {
            let accepted = NAMES.map(|(name, _)| name).join(", ");
            format!("invalid StopSignal {wanted:?}: expected one of {accepted}")
        })
}
