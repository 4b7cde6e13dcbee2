//! `boot`, `run` and `output`: an image's program, run in namespaces that stand in for a container.
//!
//! The program gets its own root filesystem, unpacked into memory and mounted read-only, a writable /tmp if the image
//! has one, the image's user without capabilities, its environment, entrypoint and working directory, a network with
//! nothing but loopback, and a /dev of five devices. /proc is fresh where the kernel allows it, else the machine's, else
//! missing: a service must boot without it. An emulator, for an image of another CPU, is a sixth file in /dev.

mod cli;
mod container;
mod grpc;
mod grpc_health;
mod http;
mod init;
mod job;
mod launch;
mod namespaces;
mod output;
mod plan;
mod probe;
mod service;
mod stop_signal;

pub(crate) use cli::{boot_options, output_options, run_options};
pub(crate) use init::run as run_init;
pub(crate) use job::run as run_job;
pub(crate) use output::run as run_output;
pub(crate) use service::run as run_service;

/// The subcommand of the init half; not for people.
pub(crate) const INIT: &str = "boot-init";
