//! Fatal errors, and the formatting of errors with their sources.

use std::error::Error;
use std::io;
use std::iter::successors;
use std::net::SocketAddr;
use std::path::PathBuf;

/// The error of a service or a job.
pub(crate) type BoxError = Box<dyn Error + Send + Sync>;

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
    /// `prefix` is that of the variables `PORT` and `HOST`.
    #[error("cannot listen on {address}: {source}; set {prefix}PORT to another port or {prefix}HOST to another address")]
    Listen {
        address: SocketAddr,
        source: io::Error,
        prefix: &'static str,
    },
    #[error("cannot read {}: {source}", path.display())]
    ReadBuildInfo { path: PathBuf, source: io::Error },
    #[error("{}: invalid line {line:?}: expected KEY=VALUE", path.display())]
    BuildInfo { path: PathBuf, line: String },
    /// Returned by the service's `start`.
    #[error("{}", format_error_chain(&**.0))]
    Start(BoxError),
}

/// Joins an error and its sources with colons. Omits a source that the preceding text already ends with.
pub(crate) fn format_error_chain(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    for source in successors(error.source(), |&error| error.source()) {
        let source = source.to_string();
        if !text.ends_with(&source) {
            text.push_str(": ");
            text.push_str(&source);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    enum Failure {
        #[error("no space")]
        Disk,
        #[error("cannot write")]
        Write(#[source] Box<Failure>),
        #[error("page 7: {0}")]
        Page(#[source] Box<Failure>),
    }

    #[test]
    fn includes_each_source_once() {
        let write = Failure::Write(Failure::Disk.into());
        assert_eq!(format_error_chain(&write), "cannot write: no space");
        assert_eq!(
            format_error_chain(&Failure::Page(write.into())),
            "page 7: cannot write: no space"
        );
        assert_eq!(
            format_error_chain(&Failure::Page(Failure::Disk.into())),
            "page 7: no space"
        );
    }
}
