//! Accepts connections.

use std::io;
use std::net::{SocketAddr, TcpStream as StdTcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use chassis_telemetry::metrics::Gauge;
use rustix::net::sockopt;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::{AbortHandle, JoinHandle};
use tokio::time::sleep;

use super::connection;
use super::workers::Workers;
use crate::request::{ConnectionContext, HttpService, ServerContext};
use crate::shutdown::Shutdown;

/// Prevents a busy loop when no file descriptor is free.
const ACCEPT_RETRY_DELAY: Duration = Duration::from_millis(50);

/// Maximum number of connections that the system queues before they are accepted, as in `TcpListener::bind` of tokio.
const BACKLOG: u32 = 1024;

/// Detects clients that vanished without closing their connection, after 15 s without data and 9 unanswered probes, as in Go's
/// `net`. Without it their connections would stay open forever while a handler streams nothing.
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(15);

/// One more than stay open: the connection that takes the last permit closes the oldest one.
const MAX_OPERATIONS_CONNECTIONS: u32 = 65;

/// A bound listener.
pub struct Server {
    address: SocketAddr,
    listener: TcpListener,
}

struct Acceptor {
    http: HttpService,
    workers: Workers,
    permits: Arc<Semaphore>,
    shutdown: Shutdown,
    /// The connections that may be closed for new ones. Empty for the service's port, where new connections wait instead.
    open: Mutex<Vec<(Arc<ConnectionContext>, AbortHandle)>>,
}

/// Releases the resources of a connection when it is dropped.
struct ConnectionGuard {
    gauge: Option<Gauge>,
    _permit: OwnedSemaphorePermit,
}

impl Server {
    /// Listens on `address`. Port 0 selects a free port.
    pub fn bind(address: SocketAddr) -> io::Result<Self> {
        let listener = listen(address)?;
        Ok(Self {
            address: listener.local_addr()?,
            listener,
        })
    }

    /// Returns the address, with the selected port.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves the service's routes on the workers, with up to `MAX_CONNECTIONS` concurrent connections. On shutdown, stops
    /// accepting and shuts down the open connections gracefully. The task ends when they are closed.
    pub fn serve(self, routes: Router, context: &Arc<ServerContext>, workers: &Workers) -> JoinHandle<()> {
        let http = HttpService::new(routes, context, false);
        self.start(
            http,
            context.limits.connections,
            workers.clone(),
            context.shutdown.clone(),
        )
    }

    /// Serves the operations port on the current runtime until the process exits.
    pub fn serve_operations(self, routes: Router, context: &Arc<ServerContext>) {
        let http = HttpService::new(routes, context, true);
        self.start(
            http,
            MAX_OPERATIONS_CONNECTIONS,
            Workers::current(),
            Shutdown::default(),
        );
    }

    /// Accepts connections on the current runtime.
    fn start(
        self,
        http: HttpService,
        max_connections: u32,
        workers: Workers,
        shutdown: Shutdown,
    ) -> JoinHandle<()> {
        let acceptor = Acceptor {
            http,
            workers,
            permits: Arc::new(Semaphore::new(max_connections as usize)),
            shutdown,
            open: Mutex::default(),
        };
        tokio::spawn(async move {
            accept_all(self.listener, &acceptor).await;
            // A connection holds its permit until it is closed.
            let _ = acceptor.permits.acquire_many(max_connections).await;
        })
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place that listens")]
fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    socket.set_reuseaddr(true)?;
    if address.is_ipv6() {
        // `::` also accepts IPv4, whatever the default of the system (`net.ipv6.bindv6only`).
        sockopt::set_ipv6_v6only(&socket, false)?;
    }
    // Connections inherit these options.
    sockopt::set_socket_keepalive(&socket, true)?;
    sockopt::set_tcp_keepidle(&socket, KEEPALIVE_INTERVAL)?;
    sockopt::set_tcp_keepintvl(&socket, KEEPALIVE_INTERVAL)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

async fn accept_all(listener: TcpListener, acceptor: &Acceptor) {
    let mut is_failing = false;
    loop {
        let accepted = tokio::select! {
            () = acceptor.shutdown.requested() => break,
            accepted = acceptor.accept(&listener) => accepted,
        };
        match accepted {
            Ok((stream, peer, permit)) => {
                is_failing = false;
                acceptor.serve(stream, peer, permit);
            }
            Err(error) => {
                acceptor.http.server.metrics.accept_failed.inc();
                if !is_failing {
                    tracing::warn!(%error, "cannot accept connections");
                }
                is_failing = true;
                acceptor.close_oldest();
                sleep(ACCEPT_RETRY_DELAY).await;
            }
        }
    }
    // Closing the listener resets the connections in the system's accept queue, so they are served first.
    let Ok(queue) = listener.into_std() else {
        return;
    };
    while let Ok(permit) = Arc::clone(&acceptor.permits).try_acquire_owned() {
        let Ok((stream, peer)) = queue.accept() else {
            return;
        };
        if stream.set_nonblocking(true).is_ok() {
            acceptor.serve(stream, peer, permit);
        }
    }
}

impl Acceptor {
    async fn accept(
        &self,
        listener: &TcpListener,
    ) -> io::Result<(StdTcpStream, SocketAddr, OwnedSemaphorePermit)> {
        let permit = Arc::clone(&self.permits).acquire_owned().await;
        let permit = permit.map_err(io::Error::other)?;
        let (stream, peer) = accept_one(listener).await?;
        Ok((stream, peer, permit))
    }

    fn serve(&self, stream: StdTcpStream, peer: SocketAddr, permit: OwnedSemaphorePermit) {
        let service = self.http.connection(peer);
        let connection = Arc::clone(&service.connection);
        let shutdown = self.shutdown.clone();
        let server = Arc::clone(&self.http.server);
        let guard = ConnectionGuard::new(&self.http, permit);
        let task = self.workers.spawn(async move {
            match TcpStream::from_std(stream) {
                Ok(stream) => connection::serve(stream, service, shutdown).await,
                Err(error) => {
                    server.metrics.accept_failed.inc();
                    tracing::warn!(%error, "cannot serve connection");
                }
            }
            drop(guard);
        });
        if let Some(task) = task.filter(|_| self.http.is_operations) {
            if self.permits.available_permits() == 0 {
                self.close_oldest();
            }
            self.open().push((connection, task));
        }
    }

    /// Closes the connection that has been idle longest. If none is idle, closes the one whose last request completed first.
    fn close_oldest(&self) {
        let mut open = self.open();
        let orders = open
            .iter()
            .map(|(connection, _)| connection.state.eviction_order());
        if let Some((_, index)) = orders.zip(0..).min() {
            open.swap_remove(index).1.abort();
        }
    }

    /// Returns the connections that have not been closed.
    fn open(&self) -> MutexGuard<'_, Vec<(Arc<ConnectionContext>, AbortHandle)>> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        // The handle of a finished task keeps the memory of the task allocated.
        open.retain(|(_, task)| !task.is_finished());
        open
    }
}

async fn accept_one(listener: &TcpListener) -> io::Result<(StdTcpStream, SocketAddr)> {
    loop {
        match listener.accept().await {
            // The worker registers the stream with its own runtime.
            Ok((stream, peer)) => return Ok((stream.into_std()?, peer)),
            // The client disconnected before the connection was accepted.
            Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
            Err(error) => return Err(error),
        }
    }
}

impl ConnectionGuard {
    fn new(http: &HttpService, permit: OwnedSemaphorePermit) -> Self {
        let gauge = (!http.is_operations).then(|| http.server.metrics.connections.clone());
        if let Some(gauge) = &gauge {
            gauge.inc();
        }
        Self {
            gauge,
            _permit: permit,
        }
    }
}

impl Drop for ConnectionGuard {
    fn drop(&mut self) {
        if let Some(gauge) = &self.gauge {
            gauge.dec();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use std::net::Ipv4Addr;

    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use crate::settings::{ForwardedHeader, Limits, Proxies};

    const LIMITS: Limits = Limits {
        header_read: Duration::from_secs(10),
        keep_alive: Duration::from_secs(75),
        request: Duration::from_secs(30),
        send: Duration::from_secs(30),
        min_rate: 0,
        body: 0,
        header_bytes: 8192,
        headers: 100,
        unsent: 0,
        requests: 1,
        connections: 1,
    };

    #[tokio::test]
    async fn forgets_closed_connections() {
        let proxies = Proxies {
            trusted: Vec::new(),
            header: ForwardedHeader::XForwardedFor,
        };
        let context = ServerContext::new(LIMITS, proxies, Arc::default(), Shutdown::default());
        let acceptor = Acceptor {
            http: HttpService::new(Router::new(), &Arc::new(context), true),
            workers: Workers::current(),
            permits: Arc::new(Semaphore::new(2)),
            shutdown: Shutdown::default(),
            open: Mutex::default(),
        };
        let server = Server::bind((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
        for _ in 0..5 {
            let mut client = TcpStream::connect(server.address()).await.unwrap();
            let (stream, peer, permit) = acceptor.accept(&server.listener).await.unwrap();
            acceptor.serve(stream, peer, permit);
            client.shutdown().await.unwrap();
            assert_eq!(client.read(&mut [0]).await.unwrap(), 0);
            // The connection holds a permit until its task ends.
            drop(acceptor.permits.acquire_many(2).await);
        }
        let open = acceptor.open.lock().unwrap();
        assert_eq!(open.len(), 1);
    }
}
