//! The socket, from bind to drain.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;
use tokio::signal::unix::{signal, Signal, SignalKind};
use tokio::sync::oneshot;
use tokio::time::sleep;

/// Stays below the 10 s after which Docker kills what it stops.
const DRAIN: Duration = Duration::from_secs(8);

/// Why the service could not serve.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The address is taken, or not ours to take.
    #[error("cannot listen on {addr}: {source}")]
    Listen {
        /// The address asked for.
        addr: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// The system refused something that it grants to every process.
    #[error("cannot {what}: {source}")]
    System {
        /// What was tried.
        what: &'static str,
        /// What the system said.
        source: io::Error,
    },
}

/// Serves `app` on `addr` until SIGTERM or SIGINT, then lets open requests end.
pub async fn serve(app: Router, addr: SocketAddr) -> Result<(), ServeError> {
    let system = |what| move |source| ServeError::System { what, source };
    // Before the address is announced, so that whoever reads it can already send a signal.
    let terminate = signal(SignalKind::terminate()).map_err(system("watch for SIGTERM"))?;
    let interrupt = signal(SignalKind::interrupt()).map_err(system("watch for SIGINT"))?;
    let listener = TcpListener::bind(addr)
        .await
        .map_err(|source| ServeError::Listen { addr, source })?;
    let bound = listener
        .local_addr()
        .map_err(system("read the socket's address"))?;
    // println! would panic, and so abort, when nobody reads.
    let _ = writeln!(io::stdout(), "listening on http://{bound}");

    let (stopping, stopped) = oneshot::channel();
    let shutdown = async move {
        either(terminate, interrupt).await;
        let _ = stopping.send(());
    };
    let drained = async {
        if stopped.await.is_ok() {
            sleep(DRAIN).await;
        }
    };
    tokio::select! {
        served = axum::serve(listener, app).with_graceful_shutdown(shutdown) => served.map_err(system("serve")),
        () = drained => {
            let _ = writeln!(io::stderr(), "stopped with requests open after {} s", DRAIN.as_secs());
            Ok(())
        }
    }
}

async fn either(mut terminate: Signal, mut interrupt: Signal) {
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}
