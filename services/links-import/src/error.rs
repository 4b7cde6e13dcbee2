//! Why an import fails.

use std::io;
use std::path::PathBuf;

use links::{InvalidLink, StoreError};

/// An error that ends the import.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// A file that cannot be read.
    #[error("cannot read \"{}\": {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The reason.
        source: io::Error,
    },
    /// A line that cannot be imported.
    #[error("{}:{line}: {source}", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// The number of the line, from 1.
        line: usize,
        /// The reason.
        source: LineError,
    },
    /// A signal.
    #[error("stopped after {0} links")]
    Stopped(usize),
}

/// Why a line cannot be imported.
#[derive(Debug, thiserror::Error)]
pub enum LineError {
    /// Too long a line.
    #[error("more than {0} bytes")]
    Long(usize),
    /// Not an object of a code and a URL; serde's message.
    #[error("{0}")]
    Json(String),
    /// An invalid code or URL.
    #[error(transparent)]
    Link(#[from] InvalidLink),
    /// A code that has another URL.
    #[error("code {0:?} is taken by another url")]
    Taken(String),
    /// The database failed.
    #[error("cannot write to the database: {0}")]
    Store(#[from] StoreError),
    /// The task that wrote it panicked.
    #[error("panicked")]
    Panicked,
}
