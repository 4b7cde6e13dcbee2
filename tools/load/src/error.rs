//! What can go wrong.

use std::io;

/// Why a subcommand came to no good end.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The command line is wrong.
    #[error("{0}; load --help lists what there is")]
    Usage(String),
    /// The system refused something.
    #[error("cannot {what}: {source}")]
    System {
        /// What was tried.
        what: String,
        /// What the system said.
        source: io::Error,
    },
    /// The program under test did not do its part.
    #[error("{0}")]
    Program(String),
}

impl Error {
    /// For `map_err`: what was tried when the system refused.
    pub(crate) fn system<E: Into<io::Error>>(what: impl Into<String>) -> impl FnOnce(E) -> Self {
        let what = what.into();
        move |source| Self::System {
            what,
            source: source.into(),
        }
    }
}
