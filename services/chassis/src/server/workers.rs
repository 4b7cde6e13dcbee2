//! The threads that serve.
//!
//! Each has a runtime of its own, and a connection stays with the thread that it was given to: what it touches is in that
//! core's caches, and no thread waits for another's tasks or timers. A thread is started when a connection comes while each
//! of the others has one, so what an idle service holds does not depend on how many cores there are.

use std::future::Future;
use std::io;
use std::sync::mpsc;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;
use tokio::time::timeout;

/// What a task that ignores its end may take of the process's.
const LAST_TASKS: Duration = Duration::from_millis(500);

/// Where connections are served.
#[derive(Clone)]
pub(crate) struct Workers(Arc<Mutex<Started>>);

struct Started {
    workers: Vec<Worker>,
    /// How many there may be.
    most: usize,
    /// Whether the last that was to be started could not be.
    short: bool,
    /// Held by each thread.
    running: mpsc::Sender<()>,
}

struct Worker {
    runtime: Handle,
    /// Held by each connection that is open here.
    open: Arc<()>,
    /// Ends the thread when it is dropped; of a runtime that somebody else ends there is none.
    _stop: Option<oneshot::Sender<()>>,
}

/// The threads of [`Workers`], until they are ended.
pub(crate) struct Threads {
    workers: Workers,
    ended: mpsc::Receiver<()>,
}

impl Workers {
    /// Starts the first of so many threads.
    pub(crate) fn start(most: usize) -> io::Result<(Self, Threads)> {
        let (running, ended) = mpsc::channel();
        let workers = vec![Worker::start(running.clone())?];
        let workers = Self::of(workers, most, running);
        let threads = Threads {
            workers: workers.clone(),
            ended,
        };
        Ok((workers, threads))
    }

    /// The runtime that this is called in.
    pub(crate) fn here() -> Self {
        let here = Worker::of(Handle::current(), None);
        Self::of(vec![here], 1, mpsc::channel().0)
    }

    fn of(workers: Vec<Worker>, most: usize, running: mpsc::Sender<()>) -> Self {
        Self(Arc::new(Mutex::new(Started {
            workers,
            most,
            short: false,
            running,
        })))
    }

    /// Whether each thread takes up a task within a time: one that a handler blocks does not.
    pub(crate) async fn respond(&self, within: Duration) -> bool {
        let asked: Vec<_> = self
            .lock()
            .workers
            .iter()
            .map(|worker| worker.runtime.spawn(async {}))
            .collect();
        let all = async {
            for answer in asked {
                let _ = answer.await;
            }
        };
        timeout(within, all).await.is_ok()
    }

    /// Serves a connection where the fewest are open.
    pub(super) fn serve(&self, connection: impl Future<Output = ()> + Send + 'static) {
        let mut started = self.lock();
        started.start_one_more();
        let fewest = started
            .workers
            .iter()
            .min_by_key(|worker| Arc::strong_count(&worker.open));
        if let Some(Worker { runtime, open, .. }) = fewest {
            let open = Arc::clone(open);
            runtime.spawn(async move {
                connection.await;
                drop(open);
            });
        }
    }

    fn lock(&self) -> MutexGuard<'_, Started> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Started {
    /// Unless a thread has no connection, or there are as many as there may be.
    fn start_one_more(&mut self) {
        if self.workers.len() >= self.most || self.workers.iter().any(Worker::is_idle) {
            return;
        }
        match Worker::start(self.running.clone()) {
            Ok(worker) => {
                self.workers.push(worker);
                self.short = false;
            }
            // Told once; the next connection tries again, since what is missing may be there by then.
            Err(error) if !self.short => {
                self.short = true;
                tracing::warn!(
                    %error,
                    threads = self.workers.len(),
                    "cannot start another thread, those that are there serve on; \
                     raise the limit of tasks or of open files, or set WORKER_THREADS"
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
        let worker = Self::of(runtime.handle().clone(), Some(stop));
        thread::Builder::new().name("serve".into()).spawn(move || {
            // Nothing is ever sent.
            let _ = runtime.block_on(stopped);
            runtime.shutdown_timeout(LAST_TASKS);
            drop(running);
        })?;
        Ok(worker)
    }

    fn of(runtime: Handle, stop: Option<oneshot::Sender<()>>) -> Self {
        Self {
            runtime,
            open: Arc::new(()),
            _stop: stop,
        }
    }

    fn is_idle(&self) -> bool {
        Arc::strong_count(&self.open) == 1
    }
}

impl Threads {
    /// Ends the threads, and what is left on them; what other tasks that ignore their end may take then.
    pub(crate) fn end(self) -> Duration {
        let begun = Instant::now();
        {
            let mut started = self.workers.lock();
            started.most = 0;
            started.workers.clear();
            // Those of the threads are the last then.
            started.running = mpsc::channel().0;
        }
        // Nothing is ever sent here either: it fails when the last of them has ended.
        let _ = self.ended.recv_timeout(LAST_TASKS);
        LAST_TASKS.saturating_sub(begun.elapsed())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::thread::ThreadId;

    #[test]
    fn connections_are_spread_and_stay_where_they_are() {
        let (workers, threads) = Workers::start(2).unwrap();
        let (tell, told) = mpsc::channel::<ThreadId>();
        let (close, closed) = tokio::sync::watch::channel(());
        let open = || {
            let (tell, mut closed) = (tell.clone(), closed.clone());
            workers.serve(async move {
                tell.send(thread::current().id()).unwrap();
                let _ = closed.changed().await;
                tell.send(thread::current().id()).unwrap();
            });
            told.recv().unwrap()
        };
        let (one, other) = (open(), open());
        assert_ne!(one, other);
        close.send(()).unwrap();
        let left = [told.recv().unwrap(), told.recv().unwrap()];
        assert!(left.contains(&one) && left.contains(&other));
        threads.end();
    }

    #[test]
    fn a_thread_is_started_when_each_of_the_others_has_a_connection() {
        let (workers, threads) = Workers::start(2).unwrap();
        let started = || workers.lock().workers.len();
        let open = || {
            let (open, opened) = oneshot::channel::<()>();
            workers.serve(async move {
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
        threads.end();
    }

    #[test]
    fn the_end_drops_what_is_left() {
        let (workers, threads) = Workers::start(1).unwrap();
        let (held, dropped) = mpsc::channel::<()>();
        workers.serve(async move {
            std::future::pending::<()>().await;
            drop(held);
        });
        threads.end();
        assert_eq!(dropped.try_recv(), Err(mpsc::TryRecvError::Disconnected));
    }
}
