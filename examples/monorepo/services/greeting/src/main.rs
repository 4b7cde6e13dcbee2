//! Responds with the value of `GREETING`.

use std::convert::Infallible;
use std::process::ExitCode;

use axum::routing::get;
use axum::Router;
use chassis::{Env, Service};

chassis::allocator!();

fn main() -> ExitCode {
    Service::new("greeting", env!("CARGO_PKG_VERSION"))
        .run(settings, |greeting| async { Ok::<_, Infallible>(app(greeting)) })
}

fn settings(env: &mut Env) -> String {
    env.var("GREETING", "Hello".to_owned(), "the greeting")
}

fn app(greeting: String) -> Router {
    Router::new().route("/", get(|| async { greeting }))
}
