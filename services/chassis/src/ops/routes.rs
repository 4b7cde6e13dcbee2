//! The operations port's routes.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{header, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::Router;

use super::health::PATIENCE;
use super::{BuildInfo, Health, Metrics};
use crate::server::Workers;
use crate::turns::Turns;
use crate::Problem;

/// What the routes answer from.
pub(crate) struct Operations {
    pub(crate) build_info: BuildInfo,
    pub(crate) health: Arc<Health>,
    pub(crate) metrics: Arc<Metrics>,
    /// Those of the requests that are being served.
    pub(crate) turns: Arc<Turns>,
    pub(crate) workers: Workers,
}

pub(crate) fn routes(operations: Operations) -> Router {
    Router::new()
        .route("/livez", get(livez))
        .route("/readyz", get(readyz))
        .route("/metrics", get(metrics))
        .route("/version", get(version))
        .with_state(Arc::new(operations))
}

/// A thread that is blocked leaves its connections without an answer, and nothing but an end of the process helps them.
async fn livez(State(operations): State<Arc<Operations>>) -> Response {
    if operations.workers.respond(PATIENCE).await {
        return "ok".into_response();
    }
    let detail = format!(
        "a thread that serves is blocked, for {} s or more",
        PATIENCE.as_secs()
    );
    Problem::new(StatusCode::SERVICE_UNAVAILABLE)
        .detail(detail)
        .into_response()
}

async fn readyz(State(operations): State<Arc<Operations>>) -> Response {
    match operations.health.ready().await {
        Ok(()) => "ok".into_response(),
        Err(error) => Problem::new(StatusCode::SERVICE_UNAVAILABLE)
            .detail(error)
            .into_response(),
    }
}

/// The text format of Prometheus, version 0.0.4.
async fn metrics(State(operations): State<Arc<Operations>>) -> Response {
    let text = operations
        .metrics
        .text(&operations.build_info, operations.turns.taken());
    (
        [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")],
        text,
    )
        .into_response()
}

async fn version(State(operations): State<Arc<Operations>>) -> Response {
    (
        [(header::CONTENT_TYPE, "application/json")],
        operations.build_info.json(),
    )
        .into_response()
}
