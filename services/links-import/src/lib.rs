//! Imports links from files into the database of the links service, which may be running.
//!
//! # Input
//!
//! JSON Lines: each line is an object of `code` and `url`, both strings with the syntax of `POST /links`. Empty lines are
//! skipped; a line has at most 16384 bytes. All files are validated before the first link is written. They are read twice, so
//! they must be regular files.
//!
//! # Result
//!
//! A link that the database already contains with the same URL is unchanged, so a failed job can be run again. A code with
//! another URL is an error. Each error names the file and the line. The last log line contains the numbers of links that
//! were `added` and `unchanged`.
//!
//! A transaction contains up to 256 links. When the job fails or is stopped, committed transactions are kept.

#![forbid(unsafe_code)]

mod entry;
mod error;
mod import;
mod lines;

pub use error::{ImportError, LineError};
pub use import::{import, Counts};
