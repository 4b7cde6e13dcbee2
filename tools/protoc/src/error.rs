use std::io;
use std::path::PathBuf;

/// Why there is no descriptor set.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The command line is wrong.
    #[error("protoc: {0}\n  protoc --help")]
    Usage(String),
    /// A .proto file is not found or not valid. The compiler's `Debug` has the form `file:line:column: message`.
    #[error("{0:?}")]
    Compile(#[from] protox::Error),
    /// The descriptor set can't be written.
    #[error("protoc: cannot write {path:?}: {source}")]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Standard output can't be written.
    #[error("protoc: cannot write to standard output: {0}")]
    Print(io::Error),
}
