//! Runs every subcommand on images that pass and on images with one fault.

#![allow(clippy::unwrap_used, missing_docs)]

mod all;
mod boot;
mod cli;
mod common;
mod debug;
mod digest;
mod elf;
mod extract;
mod fixture;
mod grpc;
mod grpc_server;
mod list;
mod run;
mod size;
mod structure;
