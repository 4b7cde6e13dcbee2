//! `boot`, `run` and `output`: run an image's program in Linux namespaces, without a container engine.
//!
//! The program has a root filesystem in memory, mounted read-only, a writable /tmp if the image has one, the image's
//! user without capabilities, its environment, entrypoint and working directory, a network with only a loopback
//! interface, and a /dev with five devices. /proc is a new mount if the kernel permits it, otherwise the host's or
//! missing. An emulator, for an image of another CPU, is a file in /dev.

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

/// The internal subcommand of the init process.
pub(crate) const INIT: &str = "boot-init";
