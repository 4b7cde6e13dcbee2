//! A listening socket, and the connections that it accepts.

use std::io;
use std::net::{SocketAddr, TcpStream as StdTcpStream};
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch, OwnedSemaphorePermit, Semaphore};
use tokio::task::AbortHandle;
use tokio::time::sleep;

use super::connection;
use super::workers::Workers;
use crate::metrics::Gauge;
use crate::request::{Connection, HttpService};

/// Without a free descriptor, accepting fails at once, again and again.
const ACCEPT_RETRY: Duration = Duration::from_millis(50);

/// A bound port.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    listener: TcpListener,
}

/// Closes a port.
pub(crate) struct ServerHandle {
    closing: watch::Sender<bool>,
    /// Closed when the last connection has ended.
    connections: mpsc::Receiver<()>,
}

/// What happens to a client beyond the limit of connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WhenFull {
    /// It waits in the system's queue.
    Wait,
    /// The connection that has been idle for longest is closed; if none is, the one whose last request ended first.
    CloseOldest,
}

/// What the connections of a port share.
struct Port {
    http: HttpService,
    workers: Workers,
    permits: Arc<Semaphore>,
    when_full: WhenFull,
    closing: watch::Receiver<bool>,
    alive: mpsc::Sender<()>,
    /// The open connections, if some may have to be closed.
    open: Mutex<Vec<(Arc<Connection>, AbortHandle)>>,
}

/// Held by an open connection.
struct OpenConnection {
    gauge: Option<Gauge>,
    _permit: OwnedSemaphorePermit,
    _alive: mpsc::Sender<()>,
}

impl Server {
    #[expect(clippy::disallowed_methods, reason = "the one place that binds")]
    pub(crate) async fn bind(address: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        Ok(Self {
            address: listener.local_addr()?,
            listener,
        })
    }

    /// Serves up to `max_connections` at a time on the workers. They are accepted in the current runtime.
    pub(crate) fn start(
        self,
        http: HttpService,
        max_connections: usize,
        when_full: WhenFull,
        workers: &Workers,
    ) -> ServerHandle {
        let (closing, is_closing) = watch::channel(false);
        let (alive, connections) = mpsc::channel(1);
        let port = Port {
            http,
            workers: workers.clone(),
            permits: Arc::new(Semaphore::new(max_connections)),
            closing: is_closing,
            alive,
            when_full,
            open: Mutex::default(),
        };
        tokio::spawn(accept_all(self.listener, port));
        ServerHandle { closing, connections }
    }
}

impl ServerHandle {
    /// Accepts no more connections, has the open ones end, and waits for that.
    pub(crate) async fn close(&mut self) {
        let _ = self.closing.send(true);
        let _ = self.connections.recv().await;
    }
}

/// Accepts connections until the port is to be closed.
async fn accept_all(listener: TcpListener, port: Port) {
    let mut closing = port.closing.clone();
    let mut closed = pin!(closing.wait_for(|closing| *closing));
    let mut failing = false;
    loop {
        let accepted = tokio::select! {
            _ = &mut closed => break,
            accepted = port.accept(&listener) => accepted,
        };
        match accepted {
            Ok((stream, peer, permit)) => {
                failing = false;
                port.serve(stream, peer, permit);
            }
            Err(error) => {
                port.http.shared.metrics.accept_failed.inc();
                if !failing {
                    tracing::warn!(%error, "connections are not accepted");
                }
                failing = true;
                port.close_oldest();
                sleep(ACCEPT_RETRY).await;
            }
        }
    }
    // Clients in the system's queue have connected, and would be reset.
    let Ok(queue) = listener.into_std() else {
        return;
    };
    while let Ok(permit) = Arc::clone(&port.permits).try_acquire_owned() {
        let Ok((stream, peer)) = queue.accept() else {
            return;
        };
        if stream.set_nonblocking(true).is_ok() {
            port.serve(stream, peer, permit);
        }
    }
}

impl Port {
    async fn accept(
        &self,
        listener: &TcpListener,
    ) -> io::Result<(StdTcpStream, SocketAddr, OwnedSemaphorePermit)> {
        match self.when_full {
            WhenFull::Wait => {
                let permit = self.permit().await?;
                let (stream, peer) = accept_one(listener).await?;
                Ok((stream, peer, permit))
            }
            WhenFull::CloseOldest => {
                let (stream, peer) = accept_one(listener).await?;
                if self.permits.available_permits() == 0 {
                    self.close_oldest();
                }
                Ok((stream, peer, self.permit().await?))
            }
        }
    }

    async fn permit(&self) -> io::Result<OwnedSemaphorePermit> {
        let permit = Arc::clone(&self.permits).acquire_owned().await;
        permit.map_err(io::Error::other)
    }

    fn serve(&self, stream: StdTcpStream, peer: SocketAddr, permit: OwnedSemaphorePermit) {
        let service = self.http.connection(peer);
        let connection = Arc::clone(&service.connection);
        let closing = self.closing.clone();
        let shared = Arc::clone(&self.http.shared);
        let held = OpenConnection::new(&self.http, permit, self.alive.clone());
        let task = self.workers.spawn(async move {
            match TcpStream::from_std(stream) {
                Ok(stream) => connection::serve(stream, service, closing).await,
                Err(error) => {
                    shared.metrics.accept_failed.inc();
                    tracing::warn!(%error, "connection not served");
                }
            }
            drop(held);
        });
        if let (WhenFull::CloseOldest, Some(task)) = (self.when_full, task) {
            self.open().push((connection, task));
        }
    }

    /// Closes a connection, if this port's may be closed.
    fn close_oldest(&self) {
        let mut open = self.open();
        open.retain(|(_, task)| !task.is_finished());
        let ages = open.iter().map(|(connection, _)| connection.state.age());
        if let Some((_, index)) = ages.zip(0..).min() {
            open.swap_remove(index).1.abort();
        }
    }

    fn open(&self) -> MutexGuard<'_, Vec<(Arc<Connection>, AbortHandle)>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn accept_one(listener: &TcpListener) -> io::Result<(StdTcpStream, SocketAddr)> {
    loop {
        match listener.accept().await {
            // It is registered with the runtime of the thread that serves it.
            Ok((stream, peer)) => return Ok((stream.into_std()?, peer)),
            // The client left before.
            Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
            Err(error) => return Err(error),
        }
    }
}

impl OpenConnection {
    fn new(http: &HttpService, permit: OwnedSemaphorePermit, alive: mpsc::Sender<()>) -> Self {
        let gauge = http
            .is_recorded()
            .then(|| http.shared.metrics.connections.clone());
        if let Some(gauge) = &gauge {
            gauge.inc();
        }
        Self {
            gauge,
            _permit: permit,
            _alive: alive,
        }
    }
}

impl Drop for OpenConnection {
    fn drop(&mut self) {
        if let Some(gauge) = &self.gauge {
            gauge.dec();
        }
    }
}
