//! Reports that it runs, on axum without the chassis.

use std::io;

use axum::routing::get;
use axum::Router;
use tokio::net::TcpListener;
use tokio::signal::unix::{signal, SignalKind};

#[tokio::main(flavor = "current_thread")]
async fn main() -> io::Result<()> {
    let listener = TcpListener::bind(("0.0.0.0", 8000)).await?;
    let mut terminated = signal(SignalKind::terminate())?;
    axum::serve(
        listener,
        Router::new().route("/status", get(|| async { "running" })),
    )
    .with_graceful_shutdown(async move {
        terminated.recv().await;
    })
    .await
}
