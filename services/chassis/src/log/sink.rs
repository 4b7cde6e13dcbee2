//! Where lines wait for standard output.
//!
//! A thread of its own writes them, many at a time, so that a request never waits for whoever reads the log. What that
//! reader falls behind by is bounded; lines beyond it are counted and dropped.

use std::io::{self, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

const MOST_WAITING: usize = 1 << 20;

/// How long lines are gathered once some were written; the first of them are written at once. A
/// thread that is woken for each, and a call of the system for each, cost more than all else that a small request takes.
const GATHER: Duration = Duration::from_millis(5);

struct Sink {
    lines: Mutex<Lines>,
    wake: Condvar,
    written: Condvar,
}

struct Lines {
    waiting: Vec<u8>,
    /// Whether the thread gathers or writes, and so need not be woken.
    awake: bool,
}

static SINK: Sink = Sink {
    lines: Mutex::new(Lines {
        waiting: Vec::new(),
        awake: false,
    }),
    wake: Condvar::new(),
    written: Condvar::new(),
};

static DROPPED: AtomicU64 = AtomicU64::new(0);

/// Starts the thread that writes.
pub(super) fn start() -> io::Result<()> {
    thread::Builder::new().name("log".into()).spawn(write).map(drop)
}

/// Adds a line, which ends in a line feed.
pub(super) fn add(line: &[u8]) {
    let mut lines = lock();
    if lines.waiting.len() + line.len() > MOST_WAITING {
        DROPPED.fetch_add(1, Ordering::Relaxed);
        return;
    }
    lines.waiting.extend_from_slice(line);
    if !lines.awake {
        lines.awake = true;
        SINK.wake.notify_one();
    }
}

/// Lines that were dropped, since nobody read.
pub(crate) fn dropped() -> u64 {
    DROPPED.load(Ordering::Relaxed)
}

/// Waits until all that was added has been written, for a second at most: a reader that hangs must not hold up the end.
pub(crate) fn flush() {
    let second = Duration::from_secs(1);
    let lines = lock();
    let _ = SINK
        .written
        .wait_timeout_while(lines, second, |lines| lines.awake);
}

fn lock() -> MutexGuard<'static, Lines> {
    SINK.lines.lock().unwrap_or_else(PoisonError::into_inner)
}

fn write() {
    let mut batch = Vec::new();
    loop {
        let mut lines = lock();
        if lines.waiting.is_empty() {
            lines.awake = false;
            SINK.written.notify_all();
            while lines.waiting.is_empty() {
                lines = SINK.wake.wait(lines).unwrap_or_else(PoisonError::into_inner);
            }
        }
        std::mem::swap(&mut batch, &mut lines.waiting);
        drop(lines);
        // Standard output may be closed; the service goes on.
        let mut out = io::stdout().lock();
        let _ = out.write_all(&batch).and_then(|()| out.flush());
        batch.clear();
        // After a burst the memory goes back.
        batch.shrink_to(1 << 16);
        thread::sleep(GATHER);
    }
}
