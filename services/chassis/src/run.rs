//! The life of a service, from bind to exit status.

use std::fmt::Display;
use std::future::Future;
use std::net::SocketAddr;
use std::process::exit;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout, Instant};

use crate::descriptors::cap_connections;
use crate::error::RunError;
use crate::health::Health;
use crate::metrics::HttpMetrics;
use crate::ops::{self, BuildInfo, Operations};
use crate::request::{HttpService, Shared};
use crate::server::{Server, ServerHandle, WhenFull, Workers};
use crate::settings::{Drain, Settings};
use crate::shutdown::ShutdownSender;
use crate::signals::Signals;
use crate::tasks::RunningTasks;
use crate::{log, App};

/// The operations port has few clients.
const OPERATIONS_CONNECTIONS: usize = 64;

/// Of the time for a drain, what tasks have at least.
const MIN_TASK_TIMEOUT: Duration = Duration::from_millis(500);

/// Serves until a signal and shuts down; returns the process's exit status.
pub(crate) async fn run<E: Display>(
    settings: &Settings,
    build_info: BuildInfo,
    workers: &Workers,
    start: impl Future<Output = Result<App, E>>,
) -> Result<u8, RunError> {
    let mut signals = Signals::new().map_err(RunError::Signals)?;
    let app = tokio::select! {
        app = start => app.map_err(|error| RunError::Start(error.to_string()))?,
        signal = signals.next() => return Ok(signal.exit_code),
    };
    let mut limits = settings.limits;
    limits.connections = cap_connections(limits.connections);
    let (requests_end, shutdown) = ShutdownSender::new();
    let (tasks_end, task_shutdown) = ShutdownSender::new();
    let health = Arc::new(Health::new(app.checks));
    let shared = Arc::new(Shared {
        metrics: HttpMetrics::register(),
        health: Arc::clone(&health),
        requests: Semaphore::new(limits.requests),
        uploads: Arc::new(Semaphore::new(limits.requests.div_ceil(2))),
        limits,
        proxies: settings.proxies.clone(),
        shutdown,
    });

    let service = bind(settings.address, "PORT", "HOST").await?;
    let operations = match settings.operations {
        Some(address) => Some(bind(address, "OPS_PORT", "OPS_HOST").await?),
        None => None,
    };
    let address = service.address;
    let operations_address = operations
        .as_ref()
        .map(|operations| operations.address.to_string());

    // The operations port is open until the process ends.
    let _operations = operations.map(|operations| {
        let routes = ops::routes(Operations::new(build_info, Arc::clone(&health), workers.clone()));
        let http = HttpService::operations(routes, &shared);
        operations.start(
            http,
            OPERATIONS_CONNECTIONS,
            WhenFull::CloseOldest,
            &Workers::current(),
        )
    });
    let http = HttpService::service(app.router, &shared);
    let mut service = service.start(http, limits.connections, WhenFull::Wait, workers);
    let mut tasks = RunningTasks::start(app.tasks, &task_shutdown);
    tracing::info!(
        address = %address,
        operations = operations_address.as_deref().unwrap_or("off"),
        "listening"
    );

    let task_failed = tokio::select! {
        signal = signals.next() => {
            tracing::info!(signal = signal.name, "draining");
            false
        }
        () = tasks.failed() => {
            tracing::error!("draining, since a background task failed");
            true
        }
    };
    health.drain();
    let drain = drain(
        &mut service,
        &mut tasks,
        settings.drain,
        [requests_end, tasks_end],
    );
    tokio::select! {
        code = drain => Ok(if task_failed { 1 } else { code }),
        signal = signals.next() => {
            tracing::warn!(signal = signal.name, "ended at once");
            log::flush();
            #[expect(clippy::disallowed_methods, reason = "a second signal ends the process at once")]
            exit(signal.exit_code.into());
        }
    }
}

async fn bind(address: SocketAddr, variable: &'static str, host: &'static str) -> Result<Server, RunError> {
    Server::bind(address).await.map_err(|source| RunError::Listen {
        address,
        source,
        variable,
        host,
    })
}

async fn drain(
    service: &mut ServerHandle,
    tasks: &mut RunningTasks,
    drain: Drain,
    [requests_end, tasks_end]: [ShutdownSender; 2],
) -> u8 {
    sleep(drain.grace).await;
    let deadline = Instant::now() + drain.timeout;
    requests_end.request();
    let requests_ended = timeout(drain.timeout, service.close()).await.is_ok();
    if !requests_ended {
        tracing::error!("ended with requests open, after DRAIN_TIMEOUT");
    }
    tasks_end.request();
    let left = deadline.saturating_duration_since(Instant::now());
    let tasks_ended = timeout(left.max(MIN_TASK_TIMEOUT), tasks.join()).await;
    if tasks_ended.is_err() {
        tracing::error!("ended with background tasks running, after DRAIN_TIMEOUT");
    }
    if requests_ended && tasks_ended == Ok(true) {
        tracing::info!("ended");
        0
    } else {
        1
    }
}
