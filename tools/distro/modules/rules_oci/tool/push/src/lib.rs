//! Sends images to registries, as the OCI distribution specification says, and has them signed there.
//!
//! Apart from the tool that assembles images, so that a build of an image compiles no TLS.

#![forbid(unsafe_code)]

pub mod commands;
pub mod push;
pub mod registry;

#[cfg(test)]
#[path = "../../src/scratch.rs"]
mod scratch;
