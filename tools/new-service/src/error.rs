use std::io;
use std::path::PathBuf;

/// Why no package was written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The name is invalid or taken.
    #[error("invalid name {name:?}: {problem}")]
    Name {
        /// The name.
        name: String,
        /// What is wrong, and what is allowed.
        problem: String,
    },
    /// A file is not as it is expected to be.
    #[error("{file}: {problem}")]
    Content {
        /// The file, from the workspace.
        file: &'static str,
        /// What is missing.
        problem: String,
    },
    /// A file can't be read or written.
    #[error("cannot {what} {path}: {source}")]
    File {
        /// What was tried.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl Error {
    /// 64, `EX_USAGE`, for a name; 1 for the rest.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Name { .. } => 64,
            Self::Content { .. } | Self::File { .. } => 1,
        }
    }
}
