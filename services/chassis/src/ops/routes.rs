//! The routes of the operations port.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{header, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::Router;
use chassis_env::Setting;
use chassis_http::{Problem, Workers};
use chassis_telemetry::{log, metrics, Health, CHECK_TIMEOUT};
use tracing::level_filters::LevelFilter;

use super::BuildInfo;
use crate::Json;

struct Operations {
    build_info: BuildInfo,
    health: Arc<Health>,
    workers: Workers,
}

/// Registers the metrics of the process and returns the routes.
pub(crate) fn routes(build_info: BuildInfo, health: Arc<Health>, workers: Workers) -> Router {
    let commit = build_info.stamp.get("commit").cloned();
    metrics::register_process_metrics(vec![
        ("name", build_info.name.to_owned()),
        ("version", build_info.version.clone()),
        ("target", build_info.target.clone()),
        ("commit", commit.unwrap_or_default()),
    ]);
    Router::new()
        .route("/livez", get(livez))
        .route("/readyz", get(readyz))
        .route("/metrics", get(metrics))
        .route("/version", get(version))
        .route("/log-level", get(log_level).put(set_log_level))
        .with_state(Arc::new(Operations {
            build_info,
            health,
            workers,
        }))
}

/// Fails if a worker thread is blocked: its connections stall, and only a restart helps.
async fn livez(State(operations): State<Arc<Operations>>) -> Result<&'static str, Problem> {
    if operations.workers.respond_within(CHECK_TIMEOUT).await {
        return Ok("ok");
    }
    let detail = format!("worker thread blocked for {} s or more", CHECK_TIMEOUT.as_secs());
    tracing::error!("{detail}");
    Err(unavailable(detail))
}

async fn readyz(State(operations): State<Arc<Operations>>) -> Result<&'static str, Problem> {
    let ready = operations.health.check().await;
    ready.map_err(|error| unavailable(error.to_string()))?;
    Ok("ok")
}

async fn metrics() -> Result<impl IntoResponse, Problem> {
    let text = metrics::encode()
        .map_err(|_| Problem::new(StatusCode::INTERNAL_SERVER_ERROR).detail("cannot encode metrics"))?;
    Ok(([(header::CONTENT_TYPE, metrics::CONTENT_TYPE)], text))
}

async fn version(State(operations): State<Arc<Operations>>) -> Response {
    Json(&operations.build_info).into_response()
}

async fn log_level() -> String {
    log::level().to_string()
}

/// The body is a value of `LOG_LEVEL`.
async fn set_log_level(body: String) -> Result<String, Problem> {
    let text = body.trim();
    let level = LevelFilter::parse(text).ok_or_else(|| {
        let expected = LevelFilter::expected();
        let detail = format!("invalid level {text:?}: expected {expected}");
        Problem::new(StatusCode::BAD_REQUEST).detail(detail)
    })?;
    log::set_level(level);
    tracing::info!(new_level = %level, "log level changed");
    Ok(level.to_string())
}

fn unavailable(detail: String) -> Problem {
    Problem::new(StatusCode::SERVICE_UNAVAILABLE).detail(detail)
}
