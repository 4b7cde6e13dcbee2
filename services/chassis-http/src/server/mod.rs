//! Accepts, serves and closes connections.

mod connection;
mod io;
mod listener;
mod workers;

pub use listener::Server;
pub use workers::{new_runtime, WorkerHandles, Workers};
