//! Standard output, and the thread that writes to it: no request waits for the log's reader.

use std::io::{self, Write};
use std::mem;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// The most that waits to be written, in bytes; lines beyond it are dropped and counted.
const MAX_QUEUED: usize = 1 << 22;

/// The capacity that the queue keeps after a burst, in bytes.
const MAX_KEPT: usize = 1 << 18;

/// After a write, lines are collected for so long: to wake a thread for each of them costs more than the rest of a small
/// request.
const FLUSH_INTERVAL: Duration = Duration::from_millis(5);

struct Queue {
    lines: Vec<u8>,
    writer_sleeps: bool,
}

static QUEUE: Mutex<Queue> = Mutex::new(Queue {
    lines: Vec::new(),
    writer_sleeps: false,
});
static ADDED: Condvar = Condvar::new();
static WRITTEN: Condvar = Condvar::new();
static DROPPED: AtomicU64 = AtomicU64::new(0);

/// Starts the thread that writes.
pub(super) fn start() -> io::Result<()> {
    thread::Builder::new().name("log".into()).spawn(write).map(drop)
}

/// Queues a line.
pub(super) fn add(line: &[u8]) {
    let mut queue = lock();
    if queue.lines.len() + line.len() > MAX_QUEUED {
        DROPPED.fetch_add(1, Ordering::Relaxed);
        return;
    }
    queue.lines.extend_from_slice(line);
    if queue.writer_sleeps {
        queue.writer_sleeps = false;
        ADDED.notify_one();
    }
}

/// The number of lines that were dropped, since the reader was too slow.
pub(crate) fn dropped() -> u64 {
    DROPPED.load(Ordering::Relaxed)
}

/// Waits until all lines have been written, for a second at most: a reader that hangs must not delay the exit.
pub(crate) fn flush() {
    let busy = |queue: &mut Queue| !queue.writer_sleeps;
    let _ = WRITTEN.wait_timeout_while(lock(), Duration::from_secs(1), busy);
}

fn lock() -> MutexGuard<'static, Queue> {
    QUEUE.lock().unwrap_or_else(PoisonError::into_inner)
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one writer of standard output, a thread of its own"
)]
fn write() {
    let mut lines = Vec::new();
    loop {
        let mut queue = lock();
        while queue.lines.is_empty() {
            queue.writer_sleeps = true;
            WRITTEN.notify_all();
            queue = ADDED.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
        queue.writer_sleeps = false;
        mem::swap(&mut queue.lines, &mut lines);
        drop(queue);
        // If standard output is closed, the service goes on.
        let mut out = io::stdout().lock();
        let _ = out.write_all(&lines).and_then(|()| out.flush());
        lines.clear();
        lines.shrink_to(MAX_KEPT);
        thread::sleep(FLUSH_INTERVAL);
    }
}
