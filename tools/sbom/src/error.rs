use std::io;
use std::path::PathBuf;

/// Why a subcommand has no result.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The command line is invalid.
    #[error("{0}\n    sbom --help")]
    Usage(String),
    /// A file cannot be read or written.
    #[error("cannot {action} {path}: {source}")]
    File {
        /// `read`, `write` or `create`.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// The content of a file is invalid.
    #[error("{path}: {problem}")]
    Content {
        /// The file.
        path: PathBuf,
        /// The error, and how to fix it.
        problem: String,
    },
    /// The base cannot be read.
    #[error(transparent)]
    Image(#[from] image_check::Error),
    /// A layout cannot be read or written.
    #[error(transparent)]
    Layout(#[from] oci_layout::Error),
    /// The list of crates cannot be read.
    #[error(transparent)]
    Crates(#[from] link_tool::Error),
    /// The report cannot be written.
    #[error("cannot write the report: {0}")]
    Write(#[from] io::Error),
    /// The image or its crates are invalid.
    #[error("{0}")]
    Failed(String),
}

impl Error {
    /// 64 (`EX_USAGE`) for a usage error, 2 for a file that cannot be read or written, 1 for everything else.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Usage(_) => 64,
            Self::File { .. }
            | Self::Layout(oci_layout::Error::Read { .. } | oci_layout::Error::Write { .. }) => 2,
            Self::Crates(error) => error.exit_code(),
            Self::Content { .. } | Self::Image(_) | Self::Layout(_) | Self::Write(_) | Self::Failed(_) => 1,
        }
    }
}
