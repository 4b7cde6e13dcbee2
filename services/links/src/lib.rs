//! Short links, kept in SQLite.

#![forbid(unsafe_code)]

mod link;
mod routes;
mod store;

pub use link::{Code, Invalid, Link, Shown, Target};
pub use routes::app;
pub use store::{OpenError, Page, Store, StoreError};
