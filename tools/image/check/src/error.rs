use std::io;
use std::path::PathBuf;

/// Why a gate could not come to a verdict.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The command line is wrong.
    #[error("{0}\n  image_check --help")]
    Usage(String),
    /// A file named on the command line can't be read.
    #[error("cannot read {path}: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The verdict can't be written.
    #[error("cannot write the report: {0}")]
    Write(#[from] io::Error),
    /// What is checked is broken in a way that ends the check.
    #[error("{0}")]
    Failed(String),
}

impl Error {
    /// 64 (`EX_USAGE`) for a usage error, 2 for an unreadable file, 1 for a failed check.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Usage(_) => 64,
            Self::Read { .. } => 2,
            Self::Write(_) | Self::Failed(_) => 1,
        }
    }

    pub(crate) fn failed(message: impl Into<String>) -> Self {
        Self::Failed(message.into())
    }
}
