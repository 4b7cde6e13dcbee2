//! Assembles OCI images, composes base images from Debian packages, and loads images into container engines.

#![forbid(unsafe_code)]

pub mod archive;
pub mod attributes;
pub mod base;
pub mod commands;
pub mod compression;
pub mod config;
pub mod digest;
pub mod engine;
pub mod env;
pub mod error;
pub mod image;
pub mod image_store;
pub mod index;
pub mod layer;
pub mod layout;
pub mod link;
pub mod load;
pub mod manifest;
pub mod options;
pub mod output;
pub mod spec;
pub mod tarball;
pub mod units;
pub mod warning;
pub mod writer;
pub mod zstd;

#[cfg(test)]
mod scratch;
