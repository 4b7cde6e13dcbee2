//! Pushes images to registries (OCI distribution specification) and signs them with cosign.
//!
//! Separate from the tool that assembles images, so building an image does not compile TLS.

#![forbid(unsafe_code)]

pub mod commands;
pub mod push;
pub mod registry;

#[cfg(test)]
#[path = "../../src/scratch.rs"]
mod scratch;
