//! What a program reports about itself: logs, metrics, the trace context of a request, and readiness.
//!
//! Errors and panics are part of it: [`format_error_chain`] formats an error for a log line, and [`catch_unwind`] returns a panic,
//! which [`log`] has reported, as an error.

#![forbid(unsafe_code)]

mod catch_unwind;
mod error_chain;
mod health;
pub mod log;
pub mod metrics;
pub mod trace;

pub use catch_unwind::{box_error, catch_unwind, BoxFuture, Panicked};
pub use error_chain::format_error_chain;
pub use health::{Check, Health, NotReady, CHECK_TIMEOUT};
