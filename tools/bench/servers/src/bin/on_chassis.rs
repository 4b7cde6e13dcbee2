//! The same on the chassis, with the allocator that the chassis gives.

#![forbid(unsafe_code)]

use std::convert::Infallible;
use std::process::ExitCode;

use axum::routing::get;
use axum::Router;
use chassis::Service;

fn main() -> ExitCode {
    Service::new("on_chassis", env!("CARGO_PKG_VERSION"))
        .run(|_| (), |()| async { Ok::<_, Infallible>(app()) })
}

fn app() -> Router {
    Router::new()
        .route("/", get(|| async { "Hello World" }))
        .route("/allocate", get(|| async { bench_servers::allocate() }))
}
