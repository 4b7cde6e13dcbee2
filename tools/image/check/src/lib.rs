//! Checks of an image in an OCI layout, and of the ELF file in it, without a container engine.

mod all;
mod base;
#[cfg(target_os = "linux")]
mod boot;
mod cli;
mod compression;
mod debian;
mod debug;
mod diff;
mod digest;
mod elf;
mod error;
mod extract;
mod golden;
mod image;
mod list;
mod mtree;
mod report;
mod size;
mod structure;
mod tar;
mod tree;
mod user;
mod xattr;

pub use cli::run;
pub use debian::{read_debian_packages, DebianPackage, DebianPackages};
pub use error::Error;
