//! The threads that serve.
//!
//! Each has a runtime of its own, and a connection stays with the thread that it was given to: what it touches is in that
//! core's caches, and no thread waits for another's tasks or timers.

use std::future::Future;
use std::io;
use std::sync::mpsc;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;
use tokio::time::timeout;

/// What a task that ignores its end may take of the process's.
const LAST_TASKS: Duration = Duration::from_millis(500);

const MOST_ACCEPTING: usize = 4;

/// Where connections are served.
#[derive(Clone)]
pub(crate) struct Workers(Vec<Worker>);

#[derive(Clone)]
struct Worker {
    runtime: Handle,
    /// Held by each connection that is open here.
    open: Arc<()>,
}

/// The threads of [`Workers`], until they are ended.
pub(crate) struct Threads {
    stop: Vec<oneshot::Sender<()>>,
    ended: mpsc::Receiver<()>,
}

impl Workers {
    /// Starts so many threads.
    pub(crate) fn start(threads: usize) -> io::Result<(Self, Threads)> {
        let mut workers = Vec::with_capacity(threads);
        let mut stop = Vec::with_capacity(threads);
        let (running, ended) = mpsc::channel();
        for _ in 0..threads {
            let runtime = Builder::new_current_thread().enable_io().enable_time().build()?;
            workers.push(Worker::of(runtime.handle().clone()));
            let (sender, stopped) = oneshot::channel::<()>();
            stop.push(sender);
            let running = running.clone();
            thread::Builder::new().name("serve".into()).spawn(move || {
                // Nothing is ever sent.
                let _ = runtime.block_on(stopped);
                runtime.shutdown_timeout(LAST_TASKS);
                drop(running);
            })?;
        }
        Ok((Self(workers), Threads { stop, ended }))
    }

    /// The runtime that this is called in.
    pub(crate) fn here() -> Self {
        Self(vec![Worker::of(Handle::current())])
    }

    /// Where connections are accepted: on few threads, since a new one wakes them all, and not on one, which a handler could block.
    pub(super) fn accepting(&self) -> impl Iterator<Item = &Handle> {
        self.0.iter().map(|worker| &worker.runtime).take(MOST_ACCEPTING)
    }

    /// Whether each thread takes up a task within a time: one that a handler blocks does not.
    pub(crate) async fn respond(&self, within: Duration) -> bool {
        let asked: Vec<_> = self
            .0
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
        let worker = self.0.iter().min_by_key(|worker| Arc::strong_count(&worker.open));
        if let Some(Worker { runtime, open }) = worker {
            let open = Arc::clone(open);
            runtime.spawn(async move {
                connection.await;
                drop(open);
            });
        }
    }
}

impl Worker {
    fn of(runtime: Handle) -> Self {
        Self {
            runtime,
            open: Arc::new(()),
        }
    }
}

impl Threads {
    /// Ends the threads, and what is left on them; what other tasks that ignore their end may take then.
    pub(crate) fn end(self) -> Duration {
        let begun = Instant::now();
        drop(self.stop);
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
