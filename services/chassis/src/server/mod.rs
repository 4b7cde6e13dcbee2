//! Connections: what they may take, and how they end.

mod accept;
mod activity;
mod closing;
mod connection;
mod moment;
mod offers;
mod watched;
mod workers;

pub(crate) use accept::{Closed, Server};
pub(crate) use activity::Activity;
pub(crate) use workers::Workers;
