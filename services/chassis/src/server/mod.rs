//! Connections: what they may take, and how they end.

mod accept;
mod activity;
mod closing;
mod connection;
mod watched;

pub(crate) use accept::{Closed, Server};
pub(crate) use activity::{Activity, Busy};
