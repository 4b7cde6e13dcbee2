use std::path::PathBuf;
use std::{fmt, io};

/// Why a layer was not written.
#[derive(Debug)]
pub enum Error {
    /// A file cannot be read or written.
    File {
        /// `read`, `write` or `archive`.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// The spec is invalid.
    Spec {
        /// The spec's file.
        path: PathBuf,
        /// The error.
        problem: String,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { action, path, source } => write!(f, "cannot {action} {}: {source}", path.display()),
            Self::Spec { path, problem } => write!(f, "{}: {problem}", path.display()),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::File { source, .. } => Some(source),
            Self::Spec { .. } => None,
        }
    }
}
