//! The SBOMs of a service's image: the crates that Bazel links, and the base's packages.

#![forbid(unsafe_code)]

mod bom;
mod check;
mod cli;
mod cyclonedx;
mod error;
mod files;
mod licenses;
mod manifest;
mod purl;
mod referrers;
mod spdx_json;

pub use cli::run;
pub use error::Error;
