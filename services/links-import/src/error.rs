//! Errors of an import.

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
    /// The number of links written before a signal stopped the import.
    #[error("stopped after {0} links")]
    Stopped(usize),
}

/// The error of a line.
#[derive(Debug, thiserror::Error)]
pub enum LineError {
    /// A line longer than this number of bytes.
    #[error("more than {0} bytes")]
    Long(usize),
    /// Invalid JSON, or not an object of a code and a URL; the message of serde.
    #[error("{0}")]
    Json(String),
    /// An invalid code or URL.
    #[error(transparent)]
    Link(#[from] InvalidLink),
    /// A code that has another URL.
    #[error("code {0:?} already has another URL")]
    Taken(String),
    /// The database failed.
    #[error("cannot write to the database: {0}")]
    Store(#[from] StoreError),
    /// The task that wrote the link panicked.
    #[error("panicked")]
    Panicked,
}
