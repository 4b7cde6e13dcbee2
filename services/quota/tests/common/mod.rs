//! The program as a process, and a client of it.

#![allow(unreachable_pub)]

mod client;
mod program;

use std::time::Duration;

pub use client::{call, Client, Reply};
pub use program::Program;

/// A busy machine is slow.
pub const DEADLINE: Duration = Duration::from_secs(40);
