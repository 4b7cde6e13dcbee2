//! What every service stands on: configuration, limits, logs, operations and an end without loss.
//!
//! A service is a [`Router`](axum::Router) and a `main` that hands it over:
//!
//! ```no_run
//! use std::convert::Infallible;
//! use std::process::ExitCode;
//!
//! use axum::routing::get;
//! use axum::Router;
//! use chassis::{Env, Service};
//!
//! fn main() -> ExitCode {
//!     Service::new("greeter", env!("CARGO_PKG_VERSION"))
//!         .port(8080)
//!         .run(settings, |greeting| async { Ok::<_, Infallible>(app(greeting)) })
//! }
//!
//! fn settings(env: &mut Env) -> String {
//!     env.var("GREETING", "Hello".to_owned(), "how to greet")
//! }
//!
//! fn app(greeting: String) -> Router {
//!     Router::new().route("/", get(|| async { greeting }))
//! }
//! ```
//!
//! `docs/chassis.md` has the variables, the limits and what happens at the end.

#![forbid(unsafe_code)]

mod allocator;
mod app;
mod caught;
mod env;
mod json;
mod log;
mod ops;
mod panics;
mod problem;
mod quote;
mod request;
mod run;
mod server;
mod service;
mod settings;
mod shards;
mod signals;
mod turns;

pub use app::App;
pub use env::{Env, Setting};
pub use json::Json;
pub use problem::Problem;
pub use request::Trace;
pub use service::Service;
