//! Measures services under load: over the loopback, with bounded counts and durations.

#![forbid(unsafe_code)]

mod balancer;
mod cli;
mod client;
mod constant;
mod error;
mod floods;
mod good;
mod http2;
mod idle;
mod knee;
mod limits;
mod open_loop;
mod program;
mod restarts;
mod samples;
mod slow;
mod startup;

pub use cli::run;
pub use error::Error;
