use std::io;
use std::path::PathBuf;

/// Why there is no SBOM or no verdict.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The command line is wrong.
    #[error("{0}\n  sbom --help")]
    Usage(String),
    /// A file can't be read or written.
    #[error("cannot {what} {path}: {source}")]
    File {
        /// `read` or `write`.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file is not what it should be.
    #[error("{path}: {problem}")]
    Content {
        /// The file.
        path: PathBuf,
        /// What is wrong, and what to do.
        problem: String,
    },
    /// The base can't be read.
    #[error(transparent)]
    Image(#[from] image_check::Error),
    /// The list of crates can't be read.
    #[error(transparent)]
    Crates(#[from] link_tool::Error),
    /// The verdict can't be written.
    #[error("cannot write the report: {0}")]
    Write(#[from] io::Error),
    /// What is described is broken.
    #[error("{0}")]
    Failed(String),
}

impl Error {
    /// 64 (`EX_USAGE`) for a usage error, 2 for a file that cannot be read or written, 1 for everything else.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Usage(_) => 64,
            Self::File { .. } => 2,
            Self::Crates(error) => error.exit_code(),
            Self::Content { .. } | Self::Image(_) | Self::Write(_) | Self::Failed(_) => 1,
        }
    }
}
