use std::io;
use std::path::PathBuf;

/// An error that left the workspace unchanged.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The name is invalid or in use.
    #[error("invalid name {name:?}: {problem}")]
    Name {
        /// The name.
        name: String,
        /// The error and the accepted values.
        problem: String,
    },
    /// A file has unexpected content.
    #[error("{file}: {problem}")]
    Content {
        /// The file, relative to the workspace.
        file: &'static str,
        /// The error.
        problem: String,
    },
    /// A file cannot be read or written.
    #[error("cannot {operation} {path}: {source}")]
    File {
        /// The failed operation, a verb.
        operation: &'static str,
        /// The file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
}

impl Error {
    /// Returns 64 (`EX_USAGE`) for an invalid name, otherwise 1.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Name { .. } => 64,
            Self::Content { .. } | Self::File { .. } => 1,
        }
    }
}
