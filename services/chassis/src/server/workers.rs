//! The worker threads.
//!
//! Each has a runtime of its own, and a connection stays on the thread that it was given to, as in nginx and actix-web: its data
//! stays in that core's caches, and no thread waits for another one's tasks or timers. A thread is started when a connection
//! comes while each of the others has one, so that an idle service needs the same memory on any machine.

use std::future::Future;
use std::io;
use std::sync::mpsc;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;
use tokio::task::AbortHandle;
use tokio::time::timeout;

/// How long tasks that do not end may delay the exit.
const JOIN_TIMEOUT: Duration = Duration::from_millis(500);

/// The threads that connections are served on.
#[derive(Clone)]
pub(crate) struct Workers(Arc<Mutex<Inner>>);

struct Inner {
    workers: Vec<Worker>,
    max: usize,
    /// Whether the last start failed.
    start_failed: bool,
    /// Held by each thread.
    running: mpsc::Sender<()>,
}

struct Worker {
    runtime: Handle,
    /// Held by each of its connections.
    connections: Arc<()>,
    /// Ends the thread when it is dropped; `None` for a runtime that is ended elsewhere.
    _stop: Option<oneshot::Sender<()>>,
}

/// Ends the threads of [`Workers`].
pub(crate) struct WorkerHandles {
    workers: Workers,
    ended: mpsc::Receiver<()>,
}

impl Workers {
    /// Starts the first of up to `max` threads.
    pub(crate) fn start(max: usize) -> io::Result<(Self, WorkerHandles)> {
        let (running, ended) = mpsc::channel();
        let workers = Self::new(Worker::start(running.clone())?, max, running);
        let handles = WorkerHandles {
            workers: workers.clone(),
            ended,
        };
        Ok((workers, handles))
    }

    /// The current runtime alone.
    pub(crate) fn current() -> Self {
        Self::new(Worker::new(Handle::current(), None), 1, mpsc::channel().0)
    }

    fn new(first: Worker, max: usize, running: mpsc::Sender<()>) -> Self {
        Self(Arc::new(Mutex::new(Inner {
            workers: vec![first],
            max,
            start_failed: false,
            running,
        })))
    }

    /// Whether each thread runs a task within `duration`; one that a handler blocks does not.
    pub(crate) async fn respond_within(&self, duration: Duration) -> bool {
        let spawn = |worker: &Worker| worker.runtime.spawn(async {});
        let tasks: Vec<_> = self.lock().workers.iter().map(spawn).collect();
        let all = async {
            for task in tasks {
                let _ = task.await;
            }
        };
        timeout(duration, all).await.is_ok()
    }

    /// Serves a connection on the thread with the fewest; `None` once the threads have ended.
    pub(super) fn spawn(&self, connection: impl Future<Output = ()> + Send + 'static) -> Option<AbortHandle> {
        let mut inner = self.lock();
        inner.start_if_all_busy();
        let connections = |worker: &&Worker| Arc::strong_count(&worker.connections);
        let worker = inner.workers.iter().min_by_key(connections)?;
        let held = Arc::clone(&worker.connections);
        let task = worker.runtime.spawn(async move {
            connection.await;
            drop(held);
        });
        Some(task.abort_handle())
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn start_if_all_busy(&mut self) {
        if self.workers.len() >= self.max || self.workers.iter().any(Worker::is_idle) {
            return;
        }
        match Worker::start(self.running.clone()) {
            Ok(worker) => {
                self.workers.push(worker);
                self.start_failed = false;
            }
            // Logged once. The next connection tries again, since there may be room by then.
            Err(error) if !self.start_failed => {
                self.start_failed = true;
                tracing::warn!(
                    %error,
                    threads = self.workers.len(),
                    "cannot start another worker thread; raise the limit of tasks or of open files, or lower WORKER_THREADS"
                );
            }
            Err(_) => {}
        }
    }
}

impl Worker {
    fn start(running: mpsc::Sender<()>) -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_io().enable_time().build()?;
        let (stop, stopped) = oneshot::channel::<()>();
        let worker = Self::new(runtime.handle().clone(), Some(stop));
        thread::Builder::new().name("worker".into()).spawn(move || {
            // Nothing is sent: it fails when the sender is dropped.
            let _ = runtime.block_on(stopped);
            runtime.shutdown_timeout(JOIN_TIMEOUT);
            drop(running);
        })?;
        Ok(worker)
    }

    fn new(runtime: Handle, stop: Option<oneshot::Sender<()>>) -> Self {
        Self {
            runtime,
            connections: Arc::new(()),
            _stop: stop,
        }
    }

    fn is_idle(&self) -> bool {
        Arc::strong_count(&self.connections) == 1
    }
}

impl WorkerHandles {
    /// Ends the threads with their tasks; returns how long other tasks may delay the exit.
    pub(crate) fn join(self) -> Duration {
        let start = Instant::now();
        {
            let mut inner = self.workers.lock();
            inner.max = 0;
            inner.workers.clear();
            // So that the threads hold the last senders.
            inner.running = mpsc::channel().0;
        }
        // Nothing is sent: it fails when the last thread has ended.
        let _ = self.ended.recv_timeout(JOIN_TIMEOUT);
        JOIN_TIMEOUT.saturating_sub(start.elapsed())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::thread::ThreadId;

    #[test]
    fn connections_stay_on_their_thread() {
        let (workers, threads) = Workers::start(2).unwrap();
        let (sender, receiver) = mpsc::channel::<ThreadId>();
        let (close, closed) = tokio::sync::watch::channel(());
        let open = || {
            let (sender, mut closed) = (sender.clone(), closed.clone());
            workers.spawn(async move {
                sender.send(thread::current().id()).unwrap();
                let _ = closed.changed().await;
                sender.send(thread::current().id()).unwrap();
            });
            receiver.recv().unwrap()
        };
        let (one, other) = (open(), open());
        assert_ne!(one, other);
        close.send(()).unwrap();
        let left = [receiver.recv().unwrap(), receiver.recv().unwrap()];
        assert!(left.contains(&one) && left.contains(&other));
        threads.join();
    }

    #[test]
    fn threads_start_when_all_are_busy() {
        let (workers, threads) = Workers::start(2).unwrap();
        let started = || workers.lock().workers.len();
        let open = || {
            let (open, opened) = oneshot::channel::<()>();
            workers.spawn(async move {
                let _ = opened.await;
            });
            open
        };
        assert_eq!(started(), 1);
        let one = open();
        assert_eq!(started(), 1);
        let other = open();
        assert_eq!(started(), 2);
        let third = open();
        assert_eq!(started(), 2);
        drop((one, other, third));
        threads.join();
    }

    #[test]
    fn join_drops_open_connections() {
        let (workers, threads) = Workers::start(1).unwrap();
        let (held, dropped) = mpsc::channel::<()>();
        workers.spawn(async move {
            std::future::pending::<()>().await;
            drop(held);
        });
        threads.join();
        assert_eq!(dropped.try_recv(), Err(mpsc::TryRecvError::Disconnected));
    }
}
