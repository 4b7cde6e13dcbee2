use std::io;
use std::path::PathBuf;

/// An error of the program.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The command line is invalid.
    #[error("protoc: {0}\n    protoc --help")]
    Usage(String),
    /// A .proto file is missing or invalid. The `Debug` format of the compiler is `file:line:column: message`.
    #[error("{0:?}")]
    Compile(#[from] protox::Error),
    /// The descriptor set cannot be written.
    #[error("protoc: cannot write {path:?}: {source}")]
    Write {
        /// The path of the descriptor set.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// Standard output cannot be written.
    #[error("protoc: cannot write to standard output: {0}")]
    Print(io::Error),
}

impl Error {
    /// Returns 64 (`EX_USAGE`) for usage errors, otherwise 1.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Usage(_) => 64,
            _ => 1,
        }
    }
}
