//! A request, from its head to the last byte of its answer.

mod body;
mod client;
mod context;
mod extract;
mod limits;
mod rejection;
mod response;
mod route;
mod service;
mod steps;
mod validate;

pub use client::ClientAddr;
pub use limits::RouteLimits;

pub(crate) use context::{Connection, Shared};
pub(crate) use service::{ConnectionService, HttpService};
