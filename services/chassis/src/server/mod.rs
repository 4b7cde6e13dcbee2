//! Connections: how they are accepted, served and closed.

mod connection;
mod io;
mod listener;
mod workers;

pub(crate) use listener::{Server, ServerHandle, WhenFull};
pub(crate) use workers::Workers;
