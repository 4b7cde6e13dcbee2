//! The arguments and the shutdown notification of a job.

use std::ffi::OsString;

use crate::Shutdown;

/// Passed to a job together with its settings.
#[derive(Clone, Debug, Default)]
pub struct JobContext {
    /// The arguments, whose number matches [`Job::arguments`](crate::Job::arguments).
    pub arguments: Vec<OsString>,
    /// Requested by SIGTERM and SIGINT. The process exits `STOP_TIMEOUT` later at the latest.
    pub shutdown: Shutdown,
}
