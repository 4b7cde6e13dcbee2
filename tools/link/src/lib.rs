//! What is done to a program before and after it is linked: its crate list is put in, its symbols are taken out.
//!
//! Every image waits for this crate, so it derives nothing: a proc macro would more than double what is compiled for it.

#![forbid(unsafe_code)]

mod cli;
mod crate_list;
mod error;
mod files;
mod graph;
mod lock;
mod strip;

pub use cli::run;
pub use error::Error;
pub use graph::{Crate, Graph, Key};
pub use lock::Source;
