//! Errors of commands.

use std::io;

/// An error of a command.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The command line is invalid.
    #[error("{0}\n    load --help")]
    Usage(String),
    /// A system call failed.
    #[error("cannot {what}: {source}")]
    System {
        /// The failed operation.
        what: String,
        /// The system's error.
        source: io::Error,
    },
    /// The program under test misbehaved.
    #[error("{0}")]
    Program(String),
}

impl Error {
    /// For `map_err`: adds the failed operation.
    pub(crate) fn system<E: Into<io::Error>>(what: impl Into<String>) -> impl FnOnce(E) -> Self {
        let what = what.into();
        move |source| Self::System {
            what,
            source: source.into(),
        }
    }
}
