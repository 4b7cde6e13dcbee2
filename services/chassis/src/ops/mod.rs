//! The operations port.

mod build_info;
mod probe;
mod routes;

pub(crate) use build_info::BuildInfo;
pub(crate) use probe::probe;
pub(crate) use routes::routes;
