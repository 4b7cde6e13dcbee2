//! Imports links from files into the database of the links service, while that runs or not.
//!
//! # Input
//!
//! JSON Lines: each line is an object of `code` and `url`, both strings with the syntax of `POST /links`. Empty lines are
//! skipped; a line has at most 16384 bytes. All files are checked before the first link is written.
//!
//! # Result
//!
//! A link that is in the database already, with the same URL, is left as it is: a job that failed can be run again. A code
//! with another URL is an error. Each error names the file and the line. At the end one line of the log has the number of
//! links that were `added` and that were `unchanged`.
//!
//! Up to 256 links share a transaction. A job that is stopped or fails keeps those of the transactions before.

#![forbid(unsafe_code)]

mod entry;
mod error;
mod import;
mod lines;

pub use error::{ImportError, LineError};
pub use import::{import, Counts};
