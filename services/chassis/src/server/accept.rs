//! The listening socket.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch, OwnedSemaphorePermit, Semaphore};
use tokio::time::sleep;

use super::closing::told;
use super::connection;
use crate::ops::Metrics;
use crate::request::Handler;

/// Without a free descriptor accepting fails at once, again and again.
const PAUSE: Duration = Duration::from_millis(50);

/// A port that is served.
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

impl Server {
    pub(crate) async fn bind(address: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        Ok(Self {
            address: listener.local_addr()?,
            listener,
        })
    }

    /// Serves from now on.
    pub(crate) fn start(self, handler: Handler, connections: usize, metrics: Arc<Metrics>) -> Closed {
        let (closing, is_closing) = watch::channel(false);
        let (alive, open) = mpsc::channel(1);
        tokio::spawn(async move {
            let turns = Arc::new(Semaphore::new(connections));
            let serve = |stream, turn| {
                let connection = connection::serve(stream, handler.of_connection(), is_closing.clone());
                let held = (turn, metrics.connected(), alive.clone());
                tokio::spawn(async move {
                    connection.await;
                    drop(held);
                });
            };
            loop {
                let accepted = tokio::select! {
                    () = told(is_closing.clone()) => break,
                    accepted = accept(&self.listener, &turns) => accepted,
                };
                match accepted {
                    Ok((stream, turn)) => serve(stream, turn),
                    Err(error) => {
                        metrics.not_accepted();
                        tracing::warn!(%error, "a connection was not accepted");
                        sleep(PAUSE).await;
                    }
                }
            }
            // Who is in the system's queue has connected already, and would be cut off.
            let queue = self.listener.into_std().ok();
            while let (Some(queue), Ok(turn)) = (&queue, Arc::clone(&turns).try_acquire_owned()) {
                let Ok(stream) = queue.accept().and_then(|(stream, _)| non_blocking(stream)) else {
                    break;
                };
                serve(stream, Some(turn));
            }
        });
        Closed { closing, open }
    }
}

fn non_blocking(stream: std::net::TcpStream) -> io::Result<TcpStream> {
    stream.set_nonblocking(true)?;
    TcpStream::from_std(stream)
}

/// Waits for a turn first: what is beyond the limit waits in the system's queue.
async fn accept(
    listener: &TcpListener,
    turns: &Arc<Semaphore>,
) -> io::Result<(TcpStream, Option<OwnedSemaphorePermit>)> {
    let turn = Arc::clone(turns).acquire_owned().await.ok();
    loop {
        match listener.accept().await {
            Ok((stream, _)) => return Ok((stream, turn)),
            // The client was gone before its turn.
            Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
            Err(error) => return Err(error),
        }
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
