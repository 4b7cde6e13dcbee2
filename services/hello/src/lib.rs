//! Hello World over HTTP.

#![forbid(unsafe_code)]

use axum::routing::get;
use axum::Router;

/// The service's routes, independent of any socket.
pub fn app() -> Router {
    Router::new().route("/", get(|| async { "Hello World" }))
}
