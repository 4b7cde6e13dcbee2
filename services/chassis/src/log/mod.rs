//! Writes `tracing` events to standard output, one per line.

mod line;
mod panics;
mod sink;
mod subscriber;
mod timestamp;

use std::io::{self, IsTerminal};

use tracing::level_filters::LevelFilter;

use crate::env::{named_setting, Env};

pub(crate) use panics::panic_count;
pub(crate) use sink::{dropped_lines, flush};
pub(crate) use subscriber::{level, set_level};

/// The minimum level. There is no `trace` because release builds omit it, which saves the size of hyper's and h2's trace events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Level {
    Off,
    Error,
    Warn,
    Info,
    Debug,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Auto,
    Json,
    Plain,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct LogSettings {
    level: Level,
    format: Format,
}

impl LogSettings {
    pub(crate) fn read(env: &mut Env) -> Self {
        Self {
            level: env.var(
                "LOG_LEVEL",
                Level::Info,
                "minimum level: off, error, warn, info or debug",
            ),
            format: env.var(
                "LOG_FORMAT",
                Format::Auto,
                "json, plain or auto; auto is plain on a terminal, else json",
            ),
        }
    }
}

/// Installs the global subscriber and the panic hook, and logs the `warnings` of the configuration.
#[expect(clippy::disallowed_methods, reason = "only checks whether it is a terminal")]
pub(crate) fn start(settings: LogSettings, warnings: &[String]) -> io::Result<()> {
    let plain = match settings.format {
        Format::Auto => io::stdout().is_terminal(),
        Format::Json => false,
        Format::Plain => true,
    };
    sink::start()?;
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

impl Level {
    const NAMES: [(&'static str, Self); 5] = [
        ("off", Self::Off),
        ("error", Self::Error),
        ("warn", Self::Warn),
        ("info", Self::Info),
        ("debug", Self::Debug),
    ];

    fn filter(self) -> LevelFilter {
        match self {
            Self::Off => LevelFilter::OFF,
            Self::Error => LevelFilter::ERROR,
            Self::Warn => LevelFilter::WARN,
            Self::Info => LevelFilter::INFO,
            Self::Debug => LevelFilter::DEBUG,
        }
    }
}

impl Format {
    const NAMES: [(&'static str, Self); 3] =
        [("auto", Self::Auto), ("json", Self::Json), ("plain", Self::Plain)];
}

named_setting!(Level, Format);
