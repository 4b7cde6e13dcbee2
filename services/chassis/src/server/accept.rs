//! The listening socket.

use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch, OwnedSemaphorePermit, Semaphore};
use tokio::time::sleep;

use super::closing::told;
use super::connection;
use super::workers::Workers;
use crate::ops::Metrics;
use crate::request::Handler;

/// Without a free descriptor accepting fails at once, again and again.
const PAUSE: Duration = Duration::from_millis(50);

/// A port that is bound.
pub(crate) struct Server {
    /// The address that it is bound to.
    pub(crate) address: SocketAddr,
    listener: TcpListener,
}

/// What closes a port, and tells when all that was open is done.
pub(crate) struct Closed {
    closing: watch::Sender<bool>,
    open: mpsc::Receiver<()>,
}

/// What a connection of a port is served with.
struct Port {
    handler: Arc<Handler>,
    metrics: Arc<Metrics>,
    workers: Workers,
    turns: Arc<Semaphore>,
    closing: watch::Receiver<bool>,
    alive: mpsc::Sender<()>,
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

    /// Serves from now on, up to so many connections at a time. They are accepted in the runtime that this is called in.
    pub(crate) fn start(
        self,
        handler: Handler,
        connections: usize,
        metrics: Arc<Metrics>,
        workers: &Workers,
    ) -> Closed {
        let (closing, is_closing) = watch::channel(false);
        let (alive, open) = mpsc::channel(1);
        let port = Port {
            handler: Arc::new(handler),
            metrics,
            workers: workers.clone(),
            turns: Arc::new(Semaphore::new(connections)),
            closing: is_closing,
            alive,
        };
        tokio::spawn(accept_all(self.listener, port));
        Closed { closing, open }
    }
}

/// Accepts connections until the port is to be closed.
async fn accept_all(listener: TcpListener, port: Port) {
    let mut told = pin!(told(port.closing.clone()));
    loop {
        let accepted = tokio::select! {
            () = &mut told => break,
            accepted = accept(&listener, &port.turns) => accepted,
        };
        match accepted {
            Ok((stream, turn)) => port.serve(stream, turn),
            Err(error) => {
                port.metrics.lost(&error);
                sleep(PAUSE).await;
            }
        }
    }
    // Who is in the system's queue has connected already, and would be cut off.
    let Ok(queue) = listener.into_std() else {
        return;
    };
    while let Ok(turn) = Arc::clone(&port.turns).try_acquire_owned() {
        let Ok((stream, _)) = queue.accept() else {
            return;
        };
        if stream.set_nonblocking(true).is_ok() {
            port.serve(stream, turn);
        }
    }
}

/// Waits for a turn first: what is beyond the limit waits in the system's queue.
async fn accept(
    listener: &TcpListener,
    turns: &Arc<Semaphore>,
) -> io::Result<(std::net::TcpStream, OwnedSemaphorePermit)> {
    let turn = Arc::clone(turns).acquire_owned().await;
    let turn = turn.map_err(io::Error::other)?;
    loop {
        match listener.accept().await {
            // Another thread's runtime is the one that serves it.
            Ok((stream, _)) => return Ok((stream.into_std()?, turn)),
            // The client was gone before its turn.
            Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
            Err(error) => return Err(error),
        }
    }
}

impl Port {
    fn serve(&self, stream: std::net::TcpStream, turn: OwnedSemaphorePermit) {
        let requests = self.handler.requests();
        let closing = self.closing.clone();
        let held = (turn, self.metrics.connected(), self.alive.clone());
        self.workers.serve(async move {
            match TcpStream::from_std(stream) {
                Ok(stream) => connection::serve(stream, requests, closing).await,
                Err(error) => held.1.lost(&error),
            }
            drop(held);
        });
    }
}

impl Closed {
    /// Takes no more connections, tells those that are open to end, and waits until all have.
    pub(crate) async fn close(&mut self) {
        let _ = self.closing.send(true);
        // Nothing is ever sent: it ends when the last connection does.
        let _ = self.open.recv().await;
    }
}
