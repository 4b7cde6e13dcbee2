use std::io;
use std::path::PathBuf;

/// Why a check has no result.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The command line is invalid.
    #[error("{0}\n    image_check --help")]
    Usage(String),
    /// A file cannot be read.
    #[error("cannot read {path}: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// A file that the command line names has invalid content, or a check of `all` did not complete.
    #[error("{0}")]
    Input(String),
    /// The report cannot be written.
    #[error("cannot write the report: {0}")]
    Write(#[from] io::Error),
    /// The image or file is invalid, so that it cannot be checked any further.
    #[error("{0}")]
    Failed(String),
}

impl Error {
    /// 64 (`EX_USAGE`) for a usage error, 2 for an unreadable or invalid file, 1 for a failed check.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Usage(_) => 64,
            Self::Read { .. } | Self::Input(_) => 2,
            Self::Write(_) | Self::Failed(_) => 1,
        }
    }

    pub(crate) fn failed(message: impl Into<String>) -> Self {
        Self::Failed(message.into())
    }
}

impl From<oci_layout::Error> for Error {
    fn from(error: oci_layout::Error) -> Self {
        match error {
            oci_layout::Error::Read { path, source } => Self::Read { path, source },
            oci_layout::Error::AmbiguousImage { .. } => {
                Self::Usage(format!("{error}: select one with --platform"))
            }
            other => Self::Failed(other.to_string()),
        }
    }
}
