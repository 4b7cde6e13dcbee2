//! The routes of the operations port.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{header, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::Router;
use tracing::level_filters::LevelFilter;

use super::BuildInfo;
use crate::env::Setting;
use crate::health::{Health, CHECK_TIMEOUT};
use crate::server::Workers;
use crate::{log, metrics, Json, Problem};

pub(crate) struct Operations {
    build_info: BuildInfo,
    health: Arc<Health>,
    workers: Workers,
}

impl Operations {
    pub(crate) fn new(build_info: BuildInfo, health: Arc<Health>, workers: Workers) -> Self {
        metrics::register_process_metrics(vec![
            ("name", build_info.name.to_owned()),
            ("version", build_info.version.clone()),
            ("target", build_info.target.clone()),
            (
                "commit",
                build_info.stamp.get("commit").cloned().unwrap_or_default(),
            ),
        ]);
        Self {
            build_info,
            health,
            workers,
        }
    }
}

pub(crate) fn routes(operations: Operations) -> Router {
    Router::new()
        .route("/livez", get(livez))
        .route("/readyz", get(readyz))
        .route("/metrics", get(metrics))
        .route("/version", get(version))
        .route("/log-level", get(log_level).put(set_log_level))
        .with_state(Arc::new(operations))
}

/// Fails if a worker thread is blocked: its connections stall, and only a restart helps.
async fn livez(State(operations): State<Arc<Operations>>) -> Response {
    if operations.workers.respond_within(CHECK_TIMEOUT).await {
        return "ok".into_response();
    }
    unavailable(format!(
        "worker thread blocked for {} s or more",
        CHECK_TIMEOUT.as_secs()
    ))
}

async fn readyz(State(operations): State<Arc<Operations>>) -> Response {
    match operations.health.check().await {
        Ok(()) => "ok".into_response(),
        Err(error) => unavailable(error),
    }
}

async fn metrics() -> Response {
    match metrics::encode() {
        Ok(text) => ([(header::CONTENT_TYPE, metrics::CONTENT_TYPE)], text).into_response(),
        Err(_) => Problem::new(StatusCode::INTERNAL_SERVER_ERROR)
            .detail("cannot encode metrics")
            .into_response(),
    }
}

async fn version(State(operations): State<Arc<Operations>>) -> Response {
    Json(&operations.build_info).into_response()
}

async fn log_level() -> String {
    log::level().to_string()
}

/// The body is a value of `LOG_LEVEL`.
async fn set_log_level(body: String) -> Response {
    let Some(level) = LevelFilter::parse(body.trim()) else {
        let detail = format!(
            "invalid level {:?}: expected {}",
            body.trim(),
            LevelFilter::expected()
        );
        return Problem::new(StatusCode::BAD_REQUEST)
            .detail(detail)
            .into_response();
    };
    log::set_level(level);
    tracing::info!(level = %level, "log level changed");
    level.to_string().into_response()
}

fn unavailable(detail: String) -> Response {
    Problem::new(StatusCode::SERVICE_UNAVAILABLE)
        .detail(detail)
        .into_response()
}
