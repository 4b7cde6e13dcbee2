//! Responds with Hello World over HTTP.

#![forbid(unsafe_code)]

use axum::routing::get;
use axum::Router;

/// Returns the routes, independent of sockets.
pub fn app() -> Router {
    Router::new().route("/", get(|| async { "Hello World" }))
}
