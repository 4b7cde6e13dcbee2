//! Software bills of materials of a service's image, from the crates that Bazel links and the packages of the base.

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
