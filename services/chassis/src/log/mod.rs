//! Logs: the events of `tracing`, one line each, on standard output.

mod line;
mod panics;
mod sink;
mod subscriber;
mod timestamp;

use std::io::{self, IsTerminal};

use tracing::level_filters::LevelFilter;

use crate::env::{named_setting, Env};

pub(crate) use panics::panics;
pub(crate) use sink::{dropped, flush};
pub(crate) use subscriber::{level, set_level};

/// The lowest level that is logged. A release has no "trace": that of hyper and h2 adds 90 kB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Level {
    Off,
    Error,
    Warn,
    Info,
    Debug,
}

/// The form of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Auto,
    Json,
    Plain,
}

/// Which lines there are, and how they look.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LogSettings {
    level: Level,
    format: Format,
}

impl LogSettings {
    pub(crate) fn read(env: &mut Env) -> Self {
        Self {
            level: env.var("LOG_LEVEL", Level::Info, "lowest level that is logged"),
            format: env.var(
                "LOG_FORMAT",
                Format::Auto,
                "auto is plain on a terminal, else json",
            ),
        }
    }
}

/// Sends the process's events and panics to standard output from now on; first the `warnings` of its configuration.
#[expect(clippy::disallowed_methods, reason = "only asks whether it is a terminal")]
pub(crate) fn start(settings: LogSettings, warnings: &[String]) -> io::Result<()> {
    let plain = match settings.format {
        Format::Auto => io::stdout().is_terminal(),
        Format::Json => false,
        Format::Plain => true,
    };
    sink::start()?;
    set_level(settings.level);
    // Fails in a test that has set its own subscriber, which is then the one to use.
    let _ = tracing::subscriber::set_global_default(subscriber::LineSubscriber {
        plain,
        write: sink::add,
    });
    panics::log_panics();
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
