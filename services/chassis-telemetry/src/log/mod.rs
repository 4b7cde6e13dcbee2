//! Writes `tracing` events and panics to standard output, one per line.

mod line;
mod panics;
mod sink;
mod subscriber;

use std::io::{self, IsTerminal};
use std::sync::LazyLock;

use chassis_env::{named_setting, settings};
use tracing::level_filters::LevelFilter;

pub use sink::{flush, write_stderr};
pub use subscriber::{level, set_level};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Auto,
    Json,
    Plain,
}

settings! {
    /// The minimum level and the format of the log.
    #[derive(Clone, Copy, Debug)]
    pub struct LogSettings {
        level: LevelFilter = "LOG_LEVEL", LevelFilter::INFO,
            "minimum level: off, error, warn, info or debug";
        format: Format = "LOG_FORMAT", Format::Auto,
            "json, plain or auto; auto is plain on a terminal, else json";
    }
}

/// Installs the global subscriber and the panic hook, and logs the `warnings` of the configuration.
///
/// If standard output cannot be written, this is reported once on standard error, after the name of the program.
#[expect(clippy::disallowed_methods, reason = "only checks whether it is a terminal")]
pub fn start(program: &'static str, settings: LogSettings, warnings: &[String]) -> io::Result<()> {
    let plain = match settings.format {
        Format::Auto => io::stdout().is_terminal(),
        Format::Json => false,
        Format::Plain => true,
    };
    // Registered here, because the registration of a metric may log.
    LazyLock::force(&panics::PANICS);
    LazyLock::force(&sink::DROPPED_LINES);
    sink::start(program)?;
    set_level(settings.level);
    // Fails in a test that has set its own subscriber, which then takes precedence.
    let _ = tracing::subscriber::set_global_default(subscriber::LineSubscriber {
        plain,
        write: sink::enqueue,
    });
    panics::install_hook();
    for warning in warnings {
        tracing::warn!("{warning}");
    }
    Ok(())
}

named_setting!(Format: "auto" => Self::Auto, "json" => Self::Json, "plain" => Self::Plain);
