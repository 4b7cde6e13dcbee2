//! Writes `tracing` events to standard output, one per line.

mod line;
mod panics;
mod sink;
mod subscriber;
mod timestamp;

use std::io::{self, IsTerminal};

use tracing::level_filters::LevelFilter;

use crate::env::{named_setting, settings, Setting};

pub(crate) use panics::PANICS;
pub(crate) use sink::{flush, DROPPED_LINES};
pub(crate) use subscriber::{level, set_level};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Auto,
    Json,
    Plain,
}

settings! {
    #[derive(Clone, Copy, Debug)]
    struct LogSettings {
        level: LevelFilter = "LOG_LEVEL", LevelFilter::INFO,
            "minimum level: off, error, warn, info or debug";
        format: Format = "LOG_FORMAT", Format::Auto,
            "json, plain or auto; auto is plain on a terminal, else json";
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

/// A minimum level. There is no `trace` because release builds omit it, which saves the size of hyper's and h2's trace events.
impl Setting for LevelFilter {
    fn parse(text: &str) -> Option<Self> {
        let levels = [Self::OFF, Self::ERROR, Self::WARN, Self::INFO, Self::DEBUG];
        levels.into_iter().find(|level| level.to_string() == text)
    }

    fn to_text(&self) -> String {
        self.to_string()
    }

    fn expected() -> String {
        "one of off, error, warn, info, debug".to_owned()
    }
}

impl Format {
    const NAMES: [(&'static str, Self); 3] =
        [("auto", Self::Auto), ("json", Self::Json), ("plain", Self::Plain)];
}

named_setting!(Format);
