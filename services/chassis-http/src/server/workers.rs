//! The worker threads.
//!
//! Each thread has its own runtime, and a connection stays on one thread, as in nginx and actix-web: its data stays in that
//! core's caches, and the threads share no tasks or timers. Threads are started on demand, when a connection arrives and no
//! thread is idle, so that the memory of an idle service does not depend on the number of cores.
//!
//! With the feature `work-stealing`, a service may use one multi-threaded runtime of tokio instead.

use std::future::{poll_fn, Future};
use std::io;
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::oneshot;
use tokio::task::AbortHandle;
use tokio::time::{sleep, timeout};

use crate::descriptors::cap_worker_threads;

/// How long tasks that are still running may delay the exit.
const JOIN_TIMEOUT: Duration = Duration::from_millis(500);

/// The interval at which [`Workers::respond_within`] reads the progress of the threads.
const PROGRESS_INTERVAL: Duration = Duration::from_millis(1);

/// The threads that serve connections.
#[derive(Clone)]
pub struct Workers(Arc<Mutex<Inner>>);

struct Inner {
    workers: Vec<Worker>,
    max: usize,
    /// Whether the last attempt to start a thread failed.
    start_failed: bool,
    /// Each thread holds a clone.
    all_exited: mpsc::Sender<()>,
}

struct Worker {
    runtime: Handle,
    /// Each connection holds a clone, so the reference count is the number of connections plus 1.
    connections: Arc<()>,
    progress: Arc<Progress>,
    /// Stops the thread when it is dropped; `None` for [`Workers::current`].
    _stop: Option<oneshot::Sender<()>>,
}

/// The number of polls of a thread's tasks. Aligned to a cache line, because each poll writes it.
#[derive(Default)]
#[repr(align(64))]
struct Progress(AtomicU64);

/// Stops the threads of [`Workers`].
pub struct WorkerHandles {
    workers: Workers,
    all_exited: mpsc::Receiver<()>,
}

impl Workers {
    /// Starts the first of up to `max` threads, capped to the limit of open files.
    pub fn start(max: u32) -> io::Result<(Self, WorkerHandles)> {
        Self::start_first(cap_worker_threads(max) as usize, new_runtime)
    }

    /// Starts one runtime with `threads` threads, capped to the limit of open files, which take connections from one another.
    #[cfg(feature = "work-stealing")]
    #[expect(clippy::disallowed_methods, reason = "the one place that starts it")]
    pub fn start_work_stealing(threads: u32) -> io::Result<(Self, WorkerHandles)> {
        let threads = cap_worker_threads(threads) as usize;
        let mut builder = Builder::new_multi_thread();
        builder.worker_threads(threads).enable_io().enable_time();
        Self::start_first(1, || builder.build())
    }

    fn start_first(
        max: usize,
        new_runtime: impl FnOnce() -> io::Result<Runtime>,
    ) -> io::Result<(Self, WorkerHandles)> {
        let (exit_sender, all_exited) = mpsc::channel();
        let first = Worker::start(exit_sender.clone(), new_runtime)?;
        let workers = Self::new(first, max, exit_sender);
        let handles = WorkerHandles {
            workers: workers.clone(),
            all_exited,
        };
        Ok((workers, handles))
    }

    /// Uses only the current runtime.
    pub(crate) fn current() -> Self {
        Self::new(Worker::new(Handle::current(), None), 1, mpsc::channel().0)
    }

    fn new(first: Worker, max: usize, all_exited: mpsc::Sender<()>) -> Self {
        Self(Arc::new(Mutex::new(Inner {
            workers: vec![first],
            max,
            start_failed: false,
            all_exited,
        })))
    }

    /// Whether every thread polls a task within `duration`, which a blocked thread does not. A thread that is short of CPU time polls
    /// some tasks, although a new task may wait longer.
    pub async fn respond_within(&self, duration: Duration) -> bool {
        let mut pending: Vec<_> = self.lock().workers.iter().map(Worker::probe).collect();
        let all = async {
            loop {
                pending.retain(|(progress, before)| progress.polls() == *before);
                if pending.is_empty() {
                    return;
                }
                sleep(PROGRESS_INTERVAL).await;
            }
        };
        timeout(duration, all).await.is_ok()
    }

    /// Spawns a connection on the thread with the fewest connections. Returns `None` after [`WorkerHandles::join`].
    pub(super) fn spawn(&self, connection: impl Future<Output = ()> + Send + 'static) -> Option<AbortHandle> {
        let mut inner = self.lock();
        inner.start_if_all_busy();
        let connections = |worker: &&Worker| Arc::strong_count(&worker.connections);
        let worker = inner.workers.iter().min_by_key(connections)?;
        let guard = Arc::clone(&worker.connections);
        let progress = Arc::clone(&worker.progress);
        let task = worker.runtime.spawn(async move {
            let mut connection = pin!(connection);
            poll_fn(|context| {
                progress.record_poll();
                connection.as_mut().poll(context)
            })
            .await;
            drop(guard);
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
        match Worker::start(self.all_exited.clone(), new_runtime) {
            Ok(worker) => {
                self.workers.push(worker);
                self.start_failed = false;
            }
            // Logged once, although each connection retries.
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
    fn start(
        all_exited: mpsc::Sender<()>,
        new_runtime: impl FnOnce() -> io::Result<Runtime>,
    ) -> io::Result<Self> {
        let (stop, stopped) = oneshot::channel::<()>();
        // The thread first: if it cannot be started, dropping its runtime here, within another runtime, would panic.
        let (runtime_sender, runtime) = mpsc::channel::<Runtime>();
        thread::Builder::new().name("worker".into()).spawn(move || {
            if let Ok(runtime) = runtime.recv() {
                // Resolves when the sender is dropped.
                let _ = runtime.block_on(stopped);
                runtime.shutdown_timeout(JOIN_TIMEOUT);
            }
            drop(all_exited);
        })?;
        let runtime = new_runtime()?;
        let worker = Self::new(runtime.handle().clone(), Some(stop));
        runtime_sender.send(runtime).map_err(io::Error::other)?;
        Ok(worker)
    }

    fn new(runtime: Handle, stop: Option<oneshot::Sender<()>>) -> Self {
        Self {
            runtime,
            connections: Arc::new(()),
            progress: Arc::default(),
            _stop: stop,
        }
    }

    fn is_idle(&self) -> bool {
        Arc::strong_count(&self.connections) == 1
    }

    /// Spawns a task that records progress. Returns the number of polls before it.
    fn probe(&self) -> (Arc<Progress>, u64) {
        let progress = Arc::clone(&self.progress);
        let before = progress.polls();
        let task = Arc::clone(&progress);
        self.runtime.spawn(async move { task.record_poll() });
        (progress, before)
    }
}

impl Progress {
    /// Without an atomic increment, because one thread writes. A lost increment of a work-stealing runtime does no harm.
    fn record_poll(&self) {
        self.0.store(self.polls() + 1, Ordering::Relaxed);
    }

    fn polls(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Creates a runtime that runs on the current thread.
pub fn new_runtime() -> io::Result<Runtime> {
    Builder::new_current_thread().enable_all().build()
}

impl WorkerHandles {
    /// Stops the threads and aborts their tasks. Returns the rest of the 500 ms that tasks may delay the exit.
    pub fn join(self) -> Duration {
        let start = Instant::now();
        {
            let mut inner = self.workers.lock();
            inner.max = 0;
            inner.workers.clear();
            // Drops the sender, so that only the threads hold clones.
            inner.all_exited = mpsc::channel().0;
        }
        // Returns when the last sender is dropped.
        let _ = self.all_exited.recv_timeout(JOIN_TIMEOUT);
        JOIN_TIMEOUT.saturating_sub(start.elapsed())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::thread::ThreadId;

    #[test]
    fn connections_stay_on_one_thread() {
        let (workers, handles) = Workers::start(2).unwrap();
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
        handles.join();
    }

    #[test]
    fn starts_threads_on_demand() {
        let (workers, handles) = Workers::start(2).unwrap();
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
        handles.join();
    }

    #[test]
    fn join_aborts_connections() {
        let (workers, handles) = Workers::start(1).unwrap();
        let (guard, dropped) = mpsc::channel::<()>();
        workers.spawn(async move {
            std::future::pending::<()>().await;
            drop(guard);
        });
        handles.join();
        assert_eq!(dropped.try_recv(), Err(mpsc::TryRecvError::Disconnected));
    }
}
