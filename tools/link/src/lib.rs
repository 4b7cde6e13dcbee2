//! Adds the crate list to a program and strips its symbols.
//!
//! Every image build compiles this crate first, so it has no proc macros: they would more than double the compilation.

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
