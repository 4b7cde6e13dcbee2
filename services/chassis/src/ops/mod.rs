//! The operations port: what those who run a service ask it.

mod build_info;
mod health;
mod metrics;
mod probe;
mod routes;

pub(crate) use build_info::BuildInfo;
pub(crate) use health::{Check, Health};
pub(crate) use metrics::Metrics;
pub(crate) use probe::probe;
pub(crate) use routes::{routes, Operations};
