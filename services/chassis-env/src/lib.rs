//! Configuration from environment variables.
//!
//! A program declares each variable where it reads it, with a type, a default and a help text. [`from_process`] reads all of them
//! and returns all errors together; [`help`] lists them.

#![forbid(unsafe_code)]

mod env;
mod secret;
mod setting;
mod text;

pub use env::{from_process, help, Env};
pub use secret::Secret;
pub use setting::Setting;
pub use text::truncate;
