use std::path::PathBuf;
use std::{fmt, io};

/// Why a subcommand failed.
#[derive(Debug)]
pub enum Error {
    /// The command line is invalid.
    Usage(String),
    /// A file cannot be read or written.
    File {
        /// `read` or `write`, for example.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// The content of a file is invalid.
    Content {
        /// The file.
        path: PathBuf,
        /// The error, and how to fix it.
        problem: String,
    },
}

impl Error {
    /// 64 (`EX_USAGE`) for a usage error, 2 for a file that cannot be read or written, 1 for invalid content.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Usage(_) => 64,
            Self::File { .. } => 2,
            Self::Content { .. } => 1,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(problem) => write!(f, "{problem}\n  link_tool --help"),
            Self::File { action, path, source } => write!(f, "cannot {action} {}: {source}", path.display()),
            Self::Content { path, problem } => write!(f, "{}: {problem}", path.display()),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::File { source, .. } => Some(source),
            Self::Usage(_) | Self::Content { .. } => None,
        }
    }
}
