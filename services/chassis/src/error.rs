//! Why a service cannot serve, or a job cannot start.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

/// An error that ends the process with exit status 1.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RunError {
    #[error("cannot start the log: {0}")]
    Log(#[source] io::Error),
    #[error("cannot start the worker threads: {0}")]
    Workers(#[source] io::Error),
    #[error("cannot start the runtime: {0}")]
    Runtime(#[source] io::Error),
    #[error("cannot watch for signals: {0}")]
    Signals(#[source] io::Error),
    #[error(
        "cannot listen on {address}: {source}; set {variable} to another port or {host} to another address"
    )]
    Listen {
        address: SocketAddr,
        source: io::Error,
        variable: &'static str,
        host: &'static str,
    },
    #[error("{}: {source}", path.display())]
    ReadBuildInfo { path: PathBuf, source: io::Error },
    #[error("{}: invalid line {line:?}: expected key=value", path.display())]
    BuildInfo { path: PathBuf, line: String },
    /// The service's own error.
    #[error("{0}")]
    Start(String),
}
