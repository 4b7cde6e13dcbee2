//! Accepts, serves and closes connections.

mod connection;
mod io;
mod listener;
mod workers;

pub(crate) use listener::Server;
pub(crate) use workers::{WorkerHandles, Workers};
