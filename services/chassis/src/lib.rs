//! Shared foundation of the services: configuration, limits, logs, metrics, health checks and graceful shutdown.
//!
//! A service is a [`Router`](axum::Router) and a `main` that passes it to [`Service::run`]:
//!
//! ```no_run
//! use std::convert::Infallible;
//! use std::process::ExitCode;
//!
//! use axum::routing::get;
//! use axum::Router;
//! use chassis::{Env, Service};
//!
//! chassis::allocator!();
//!
//! fn main() -> ExitCode {
//!     Service::new("greeter", env!("CARGO_PKG_VERSION"))
//!         .port(8080)
//!         .run(settings, |greeting| async { Ok::<_, Infallible>(app(greeting)) })
//! }
//!
//! fn settings(env: &mut Env) -> String {
//!     env.var("GREETING", "Hello".to_owned(), "the greeting")
//! }
//!
//! fn app(greeting: String) -> Router {
//!     Router::new().route("/", get(|| async { greeting }))
//! }
//! ```
//!
//! A program that runs to completion is a [`Job`].
//!
//! `docs/chassis.md` lists the variables, the limits and the steps of a shutdown.

mod app;
mod error;
mod job;
mod json;
pub mod metrics;
mod ops;
mod program;
mod run;
mod service;
mod settings;
mod signals;
mod tasks;

pub use app::App;
pub use chassis_env::{truncate, Env, Secret, Setting};
pub use chassis_http::{ClientAddr, Problem, Readiness, RouteLimits, Shutdown, ShutdownSender};
pub use chassis_telemetry::trace::Trace;
pub use chassis_telemetry::NotReady;
pub use job::{Job, JobContext};
pub use json::Json;
pub use service::Service;

/// Sets mimalloc as the program's global allocator, because musl's allocator takes one lock for all threads. Invoke it once,
/// next to `main`.
#[macro_export]
macro_rules! allocator {
    () => {
        #[global_allocator]
        static ALLOCATOR: $crate::private::MiMalloc = $crate::private::MiMalloc;
    };
}

/// Used by the expansion of [`allocator!`].
#[doc(hidden)]
pub mod private {
    pub use mimalloc::MiMalloc;
}
