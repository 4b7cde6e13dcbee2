//! Logs: the events of `tracing`, one line each, on standard output.

mod line;
mod panics;
mod sink;
mod subscriber;
mod timestamp;

use std::io::{self, IsTerminal};

use tracing::level_filters::LevelFilter;

use crate::env::named_setting;

pub(crate) use panics::{log_panics, panics};
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

/// Sends the process's events to standard output from now on.
#[expect(clippy::disallowed_methods, reason = "only asks whether it is a terminal")]
pub(crate) fn start(level: Level, format: Format) -> io::Result<()> {
    let plain = match format {
        Format::Auto => io::stdout().is_terminal(),
        Format::Json => false,
        Format::Plain => true,
    };
    sink::start()?;
    set_level(level);
    // Fails in a test that has set its own subscriber, which is then the one to use.
    let _ = tracing::subscriber::set_global_default(subscriber::LineSubscriber {
        plain,
        write: sink::add,
    });
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
