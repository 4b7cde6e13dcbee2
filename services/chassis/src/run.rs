//! From bind to the last answer.

use std::fmt::Display;
use std::future::Future;
use std::net::SocketAddr;
use std::process::exit;
use std::sync::Arc;

use tokio::time::{sleep, timeout};

use crate::ops::{routes, BuildInfo, Health, Metrics, Operations};
use crate::request::{Handler, Shared};
use crate::server::{Closed, Server, Workers};
use crate::settings::{Drain, Settings};
use crate::signals::Signals;
use crate::turns::Turns;
use crate::{log, App};

/// Those who ask the operations port are few.
const OPERATIONS_CONNECTIONS: usize = 64;

/// Serves until a signal, and ends in order; the process's exit status, or why it could not serve.
pub(crate) async fn run<E: Display>(
    settings: &Settings,
    build_info: BuildInfo,
    workers: Workers,
    start: impl Future<Output = Result<App, E>>,
) -> Result<u8, String> {
    let mut signals = Signals::new().map_err(|error| format!("cannot watch for signals: {error}"))?;
    let app = tokio::select! {
        app = start => app.map_err(|error| error.to_string())?,
        signal = signals.next() => return Ok(signal.exit_code),
    };
    let metrics = Arc::new(Metrics::default());
    let health = Arc::new(Health::new(app.checks));
    let turns = Arc::new(Turns::new(settings.limits.requests));
    let shared = Arc::new(Shared {
        metrics: Arc::clone(&metrics),
        health: Arc::clone(&health),
        turns: Arc::clone(&turns),
        limits: settings.limits,
    });

    let service = bind(settings.address, "PORT").await?;
    let operations = bind(settings.operations, "OPS_PORT").await?;
    let addresses = (service.address, operations.address);
    let routes = routes(Operations {
        build_info,
        health: Arc::clone(&health),
        metrics: Arc::clone(&metrics),
        turns,
        workers: workers.clone(),
    });
    let handler = Handler::of_service(app.router, Arc::clone(&shared));
    let mut service = service.start(handler, settings.limits.connections, metrics, &workers);
    let handler = Handler::of_operations(routes, shared);
    // Counted and served apart: whoever reads a metric is no client of the service, and waits for none.
    let _operations = operations.start(handler, OPERATIONS_CONNECTIONS, Arc::default(), &Workers::here());
    tracing::info!(address = %addresses.0, operations = %addresses.1, "listening");

    let signal = signals.next().await;
    health.drain();
    tracing::info!(signal = signal.name, "draining");
    tokio::select! {
        code = drain(&mut service, settings.drain) => Ok(code),
        signal = signals.next() => {
            tracing::warn!(signal = signal.name, "ended at once");
            log::flush();
            #[expect(clippy::disallowed_methods, reason = "a second signal ends the process at once")]
            exit(signal.exit_code.into());
        }
    }
}

async fn bind(address: SocketAddr, variable: &str) -> Result<Server, String> {
    Server::bind(address).await.map_err(|error| {
        format!("cannot listen on {address}: {error}; {variable} can name another port, HOST another address")
    })
}

async fn drain(service: &mut Closed, drain: Drain) -> u8 {
    sleep(drain.grace).await;
    if timeout(drain.timeout, service.close()).await.is_ok() {
        tracing::info!("ended");
        0
    } else {
        tracing::error!("ended with requests open, after DRAIN_TIMEOUT");
        1
    }
}
