//! Starts, serves and drains a service.

use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::BoxError;
use chassis_http::{Server, ServerContext, Shutdown, ShutdownSender, Workers};
use chassis_telemetry::Health;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use crate::error::RunError;
use crate::ops::{self, BuildInfo};
use crate::settings::{Drain, Settings};
use crate::signals::{FailureSender, Signals, FAILURE};
use crate::tasks::RunningTasks;
use crate::App;

/// Applies even if the requests have used up `DRAIN_TIMEOUT`.
const MIN_TASK_TIMEOUT: Duration = Duration::from_millis(500);

/// The time after `DRAIN_TIMEOUT` for background tasks, for joining the worker threads, and for releasing the service's resources.
const EXIT_TIMEOUT: Duration = Duration::from_secs(5);

/// Resolves to the service's routes, or to the error that prevented the start.
pub(crate) type Start<'a> = Pin<Box<dyn Future<Output = Result<App, BoxError>> + 'a>>;

/// Serves until `stop` is requested, then drains. Returns the exit code.
pub(crate) async fn run(
    settings: &Settings,
    build_info: BuildInfo,
    workers: &Workers,
    start: Start<'_>,
    health: Arc<Health>,
    stop: Shutdown,
    failures: &FailureSender,
) -> Result<u8, RunError> {
    let (shutdown_sender, shutdown) = ShutdownSender::new();
    let (task_shutdown_sender, task_shutdown) = ShutdownSender::new();
    let server = Arc::new(ServerContext::new(
        settings.limits,
        settings.proxies.clone(),
        Arc::clone(&health),
        shutdown,
    ));

    let bind_operations = |address| bind(address, "OPS_");
    let operations = settings.operations().map(bind_operations).transpose()?;
    let operations_address = operations
        .as_ref()
        .map_or("off".to_owned(), |operations| operations.address().to_string());
    tracing::debug!(
        version = build_info.version,
        operations = operations_address,
        "starting"
    );
    if let Some(operations) = operations {
        let routes = ops::routes(build_info, Arc::clone(&health), workers.clone());
        operations.serve_operations(routes, &server);
    }
    let app = start.await.map_err(RunError::Start)?;
    // Reported before the app is dropped, which may block.
    let service = bind(settings.address(), "").inspect_err(|_| failures.send())?;
    let address = service.address();
    let service = service.serve(app.router, &server, workers);
    let mut tasks = RunningTasks::start(app.tasks, &task_shutdown);
    health.set_started(app.checks);
    tracing::info!(%address, operations = operations_address, "listening");

    let task_failed = tokio::select! {
        () = stop.requested() => false,
        () = tasks.failed() => {
            tracing::error!("draining because a background task failed");
            health.set_draining();
            failures.send();
            true
        }
    };
    let senders = [shutdown_sender, task_shutdown_sender];
    let code = drain(service, &server, &mut tasks, settings.drain, senders).await;
    server.set_aborting();
    Ok(if task_failed { 1 } else { code })
}

/// Exits on a signal during the start. Later, requests a drain on the first signal and exits on the second. Also exits if the main
/// thread is blocked after `DRAIN_TIMEOUT`, which starts with the first signal or a failure.
pub(crate) fn watch_signals(
    signals: Signals,
    health: &Arc<Health>,
    drain: Drain,
) -> Result<(Shutdown, FailureSender), RunError> {
    let failures = signals.failure_sender()?;
    // A weak reference, because the checks hold resources of the service, which are released before the exit.
    let health = Arc::downgrade(health);
    let (sender, stop) = ShutdownSender::new();
    signals.watch(move |mut signals| {
        let mut is_started = false;
        let mut is_stopping = false;
        let mut deadline = None;
        while let Some(reason) = signals.next_before(deadline) {
            deadline.get_or_insert_with(|| Instant::now() + drain.grace + drain.timeout + EXIT_TIMEOUT);
            // `None` if the service has stopped.
            let health = health.upgrade();
            is_started |= health.as_ref().is_some_and(|health| health.is_started());
            if reason == FAILURE {
                continue;
            }
            if !is_started {
                tracing::info!(signal = reason.name, "exiting during the start");
                return reason.exit_code;
            }
            if is_stopping {
                tracing::warn!(signal = reason.name, "exiting immediately");
                return reason.exit_code;
            }
            tracing::info!(signal = reason.name, "draining");
            is_stopping = true;
            if let Some(health) = health {
                health.set_draining();
            }
            sender.request();
        }
        tracing::error!("main thread blocked after DRAIN_TIMEOUT");
        1
    })?;
    Ok((stop, failures))
}

fn bind(address: SocketAddr, prefix: &'static str) -> Result<Server, RunError> {
    let listen_error = |source| RunError::Listen {
        address,
        source,
        prefix,
    };
    Server::bind(address).map_err(listen_error)
}

async fn drain(
    service: JoinHandle<()>,
    server: &ServerContext,
    tasks: &mut RunningTasks,
    drain: Drain,
    [shutdown, task_shutdown]: [ShutdownSender; 2],
) -> u8 {
    sleep(drain.grace).await;
    let deadline = Instant::now() + drain.timeout;
    shutdown.request();
    // Idle connections may still be closing after a short timeout.
    let requests_completed = timeout(drain.timeout, service).await.is_ok() || !server.has_requests();
    if !requests_completed {
        tracing::error!("requests aborted after DRAIN_TIMEOUT");
    }
    task_shutdown.request();
    let remaining = deadline.saturating_duration_since(Instant::now());
    let tasks_succeeded = timeout(remaining.max(MIN_TASK_TIMEOUT), tasks.join()).await;
    if tasks_succeeded.is_err() {
        tracing::error!("background tasks aborted after DRAIN_TIMEOUT");
    }
    if requests_completed && tasks_succeeded == Ok(true) {
        tracing::info!("stopped");
        0
    } else {
        1
    }
}
