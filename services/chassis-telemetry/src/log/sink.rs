//! Writes lines to standard output on a separate thread, so that a slow reader blocks no request.

use std::io;
use std::mem;
use std::sync::{Condvar, LazyLock, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use rustix::io::Errno;

use crate::metrics::{self, Counter};

/// In bytes. Excess lines are dropped.
const MAX_QUEUED: usize = 1 << 22;

/// The capacity retained after a burst, in bytes.
const MAX_RETAINED: usize = 1 << 18;

/// Batches lines, because waking the thread for each line costs more than the rest of a small request.
const FLUSH_INTERVAL: Duration = Duration::from_millis(5);

struct Queue {
    lines: Vec<u8>,
    is_writer_idle: bool,
}

static QUEUE: Mutex<Queue> = Mutex::new(Queue {
    lines: Vec::new(),
    is_writer_idle: false,
});
static NOT_EMPTY: Condvar = Condvar::new();
static WRITTEN: Condvar = Condvar::new();
/// The number of lines dropped because the reader was too slow, or because they could not be written.
pub(super) static DROPPED_LINES: LazyLock<Counter> = LazyLock::new(|| {
    let help = "Log lines that could not be written to standard output, or not in time";
    metrics::counter("log_lines_dropped", help)
});

/// Starts the writer thread.
pub(super) fn start() -> io::Result<()> {
    thread::Builder::new().name("log".into()).spawn(write).map(drop)
}

pub(super) fn enqueue(line: &[u8]) {
    let mut queue = lock();
    if queue.lines.len() + line.len() > MAX_QUEUED {
        DROPPED_LINES.inc();
        return;
    }
    queue.lines.extend_from_slice(line);
    if queue.is_writer_idle {
        queue.is_writer_idle = false;
        NOT_EMPTY.notify_one();
    }
}

/// Waits until all lines have been written, but at most one second, so that a blocked reader does not prevent the exit.
pub fn flush() {
    let busy = |queue: &mut Queue| !queue.is_writer_idle;
    let _ = WRITTEN.wait_timeout_while(lock(), Duration::from_secs(1), busy);
}

fn lock() -> MutexGuard<'static, Queue> {
    QUEUE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn write() {
    let mut lines = Vec::new();
    loop {
        let mut queue = lock();
        while queue.lines.is_empty() {
            queue.is_writer_idle = true;
            WRITTEN.notify_all();
            queue = NOT_EMPTY.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
        queue.is_writer_idle = false;
        mem::swap(&mut queue.lines, &mut lines);
        drop(queue);
        write_all(&lines);
        lines.clear();
        lines.shrink_to(MAX_RETAINED);
        wait();
    }
}

/// Writes lines, and drops the rest after an error: the service continues if standard output is closed.
#[expect(clippy::disallowed_methods, reason = "runs on the writer thread")]
fn write_all(mut lines: &[u8]) {
    while !lines.is_empty() {
        match rustix::io::write(io::stdout(), lines) {
            Ok(count) => lines = lines.get(count..).unwrap_or_default(),
            // The process that started the service may have made standard output non-blocking.
            Err(Errno::AGAIN | Errno::INTR) => wait(),
            Err(_) => {
                let count = lines.split(|byte| *byte == b'\n').count() - 1;
                DROPPED_LINES.inc_by(count as u64);
                return;
            }
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "runs on the writer thread")]
fn wait() {
    thread::sleep(FLUSH_INTERVAL);
}
