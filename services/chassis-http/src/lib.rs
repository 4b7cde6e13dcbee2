//! The HTTP server of a service: connections and requests with their limits, timeouts, log lines and metrics.
//!
//! A [`Server`] is one port, a [`ServerContext`] the state that the ports share. Connections are served by [`Workers`].

#![forbid(unsafe_code)]

mod connection_state;
mod descriptors;
mod grpc;
mod metrics;
mod problem;
mod request;
mod server;
mod settings;
mod shutdown;

pub use descriptors::{max_worker_threads, raise_descriptor_limit, LowDescriptorLimit};
pub use problem::Problem;
pub use request::{ClientAddr, Readiness, RouteLimits, ServerContext};
pub use server::{new_runtime, Server, WorkerHandles, Workers};
pub use settings::{Limits, Proxies, HOUR};
pub use shutdown::{Shutdown, ShutdownSender};
