//! What a job is given beside its settings.

use std::ffi::OsString;

use crate::Shutdown;

/// The arguments of a job, and its end.
#[derive(Clone, Debug, Default)]
pub struct JobContext {
    /// The arguments, as many as [`Job::arguments`](crate::Job::arguments) names.
    pub arguments: Vec<OsString>,
    /// Requested by SIGTERM and SIGINT. `STOP_TIMEOUT` later the process ends.
    pub shutdown: Shutdown,
}
