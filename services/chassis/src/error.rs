//! Fatal errors.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::path::PathBuf;

use axum::BoxError;
use chassis_telemetry::{format_error_chain, Panicked};

/// An error that ends the process with exit code 1.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RunError {
    #[error("cannot start the log: {0}")]
    Log(#[source] io::Error),
    #[error("cannot start the worker threads: {0}")]
    Workers(#[source] io::Error),
    #[error("cannot start the runtime: {0}")]
    Runtime(#[source] io::Error),
    #[error("cannot install signal handlers: {0}")]
    Signals(#[source] io::Error),
    #[error("cannot start the signal thread: {0}")]
    SignalThread(#[source] io::Error),
    /// `prefix` is that of the variables `PORT` and `HOST`.
    #[error("cannot listen on {address}: {source}{}", listen_hint(source.kind(), prefix))]
    Listen {
        address: SocketAddr,
        source: io::Error,
        prefix: &'static str,
    },
    #[error("cannot read {}: {source}", path.display())]
    ReadBuildInfo { path: PathBuf, source: io::Error },
    #[error("{}: invalid line {line:?}: expected KEY=VALUE", path.display())]
    BuildInfo { path: PathBuf, line: String },
    #[error(transparent)]
    Panicked(Panicked),
    /// Returned by the service's `start`.
    #[error("{}", format_error_chain(&**.0))]
    Start(BoxError),
}

/// Names the variable to change, if any.
fn listen_hint(kind: ErrorKind, prefix: &str) -> String {
    match kind {
        ErrorKind::AddrInUse => format!("; set {prefix}PORT to another port"),
        ErrorKind::PermissionDenied => format!("; set {prefix}PORT to a port above 1023"),
        ErrorKind::AddrNotAvailable | ErrorKind::InvalidInput if prefix.is_empty() => {
            "; set HOST to an address of this machine".to_owned()
        }
        ErrorKind::AddrNotAvailable | ErrorKind::InvalidInput => {
            format!("; set {prefix}HOST, or HOST, to an address of this machine")
        }
        _ => String::new(),
    }
}
