//! Processes requests, from the head to the last byte of the response.

mod body;
mod client;
mod context;
mod extract;
mod limits;
mod middleware;
mod response;
mod service;
mod validate;

pub use client::ClientAddr;
pub use context::ServerContext;
pub use extract::Readiness;
pub use limits::RouteLimits;

pub(crate) use context::ConnectionContext;
pub(crate) use service::{ConnectionService, HttpService};
