//! A request, from its head to the last byte of the answer.

mod answer;
mod body;
mod fixed;
mod handler;
mod hex;
mod progress;
mod record;
mod requests;
mod route;
pub(crate) mod trace;

pub(crate) use handler::{Handler, Shared};
pub(crate) use requests::{Client, Requests};
pub use trace::Trace;
