//! Support for integration tests of services and jobs: runs a program, reads its log, and sends it requests.
//!
//! A failure panics and so fails the test, except in functions that return a `Result` or an `Option`.

#![forbid(unsafe_code)]
#![allow(
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    clippy::panic,
    clippy::unwrap_used,
    reason = "only tests use it"
)]

pub mod grpc;
pub mod http1;
pub mod http2;
mod log;
mod program;

use std::time::Duration;

pub use log::Log;
pub use program::{service_command, set_environment, Program};
pub use rustix::process::{Pid, Signal};

/// Limits each wait; far longer than a busy machine needs.
pub const TIMEOUT: Duration = Duration::from_secs(40);
