//! Checks of an OCI image in a layout directory, and of the ELF file inside it, without a container engine.

mod all;
mod base;
mod blobs;
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
mod layout;
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
pub use debian::{debian, Debian, DebianPackage};
pub use error::Error;
