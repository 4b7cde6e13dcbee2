//! Logs: what the service says through `tracing`, a line an event, on standard output.

mod batch;
mod head;
mod line;
mod sink;
mod subscriber;
mod text;
mod timestamp;

use std::io::{self, IsTerminal};

use crate::env::Setting;

pub(crate) use sink::{dropped, flush};

/// The least level that is logged. "trace" is not compiled into a release: what hyper and h2 say at it is 90 kB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Level {
    Off,
    Error,
    Warn,
    Info,
    Debug,
}

/// How a line looks.
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
    let subscriber = subscriber::Lines::new(level.filter(), plain);
    // Fails where a test has set its own, which then is the one that is wanted.
    let _ = tracing::subscriber::set_global_default(subscriber);
    Ok(())
}

impl Level {
    const ALL: [(&'static str, Self); 5] = [
        ("off", Self::Off),
        ("error", Self::Error),
        ("warn", Self::Warn),
        ("info", Self::Info),
        ("debug", Self::Debug),
    ];

    fn filter(self) -> tracing::level_filters::LevelFilter {
        use tracing::level_filters::LevelFilter;
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
    const ALL: [(&'static str, Self); 3] =
        [("auto", Self::Auto), ("json", Self::Json), ("plain", Self::Plain)];
}

macro_rules! named {
    ($($kind:ty),*) => {$(
        impl Setting for $kind {
            fn parse(text: &str) -> Option<Self> {
                Self::ALL.iter().find(|(name, _)| *name == text).map(|(_, value)| *value)
            }

            fn show(&self) -> String {
                Self::ALL.iter().find(|(_, value)| value == self).map(|(name, _)| (*name).to_owned()).unwrap_or_default()
            }

            fn allowed() -> String {
                Self::ALL.map(|(name, _)| name).join(", ")
            }
        }
    )*};
}

named!(Level, Format);
