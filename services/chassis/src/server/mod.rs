//! Accepts, serves and closes connections.

mod connection;
mod io;
mod listener;
mod workers;

pub(crate) use listener::{OverflowPolicy, Server, ServerHandle};
pub(crate) use workers::Workers;
