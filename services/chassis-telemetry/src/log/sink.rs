//! Writes lines to standard output on a separate thread, so that a slow reader blocks no request.

use std::io::{self, Write};
use std::mem;
use std::sync::{Condvar, LazyLock, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use rustix::event::{poll, PollFd, PollFlags, Timespec};
use rustix::fs::{fstat, makedev, FileType};
use rustix::io::Errno;

use crate::metrics::{self, Counter};

/// In bytes. Excess lines are dropped.
const MAX_QUEUED: usize = 1 << 22;

/// In bytes. A pipe that is ready for writing accepts this many without blocking (`PIPE_BUF`).
const PIPE_BUFFER: usize = 1 << 12;

const MAX_LAST_ERRORS: usize = PIPE_BUFFER;

/// The capacity retained after a burst, in bytes.
const MAX_RETAINED: usize = 1 << 18;

/// Batches lines, because waking the thread for each line costs more than the rest of a small request.
const FLUSH_INTERVAL: Duration = Duration::from_millis(5);

struct Queue {
    lines: Vec<u8>,
    is_writer_idle: bool,
    /// The last lines of level `error`.
    last_errors: Vec<u8>,
    /// Whether a line was dropped.
    is_incomplete: bool,
}

static QUEUE: Mutex<Queue> = Mutex::new(Queue {
    lines: Vec::new(),
    is_writer_idle: true,
    last_errors: Vec::new(),
    is_incomplete: false,
});
static NOT_EMPTY: Condvar = Condvar::new();
static WRITTEN: Condvar = Condvar::new();
/// The number of lines dropped because the reader was too slow, or because they could not be written.
pub(super) static DROPPED_LINES: LazyLock<Counter> = LazyLock::new(|| {
    let help = "Log lines that could not be written to standard output, or not in time";
    metrics::counter("log_lines_dropped", help)
});

/// Starts the writer thread. Its error message starts with `program`.
pub(super) fn start(program: &'static str) -> io::Result<()> {
    let writer = thread::Builder::new().name("log".into());
    writer.spawn(move || write(program)).map(drop)
}

pub(super) fn enqueue(line: &[u8], is_error: bool) {
    let mut queue = lock();
    if is_error {
        if queue.last_errors.len() + line.len() > MAX_LAST_ERRORS {
            queue.last_errors.clear();
        }
        queue.last_errors.extend_from_slice(line);
    }
    if queue.lines.len() + line.len() > MAX_QUEUED {
        queue.is_incomplete = true;
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
///
/// If the exit code is not 0 and the log is incomplete or discarded, writes the last errors to standard error.
pub fn flush(exit_code: u8) {
    let busy = |queue: &mut Queue| !queue.is_writer_idle;
    let waited = WRITTEN.wait_timeout_while(lock(), Duration::from_secs(1), busy);
    let (queue, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
    if exit_code != 0 && (queue.is_incomplete || timeout.timed_out() || is_discarded()) {
        write_stderr(&queue.last_errors);
    }
}

/// Writes to standard error as much as possible without blocking. Errors are ignored: standard error may be closed.
#[expect(clippy::disallowed_methods, reason = "does not block")]
pub fn write_stderr(text: &[u8]) {
    let mut stderr = io::stderr();
    for part in text.chunks(PIPE_BUFFER) {
        let mut descriptors = [PollFd::new(&stderr, PollFlags::OUT)];
        let ready = poll(&mut descriptors, Some(&Timespec::default()));
        if ready != Ok(1) || stderr.write_all(part).is_err() {
            return;
        }
    }
}

/// Whether standard output is `/dev/null`, which the standard library opens if it is closed.
#[expect(clippy::disallowed_methods, reason = "writes nothing")]
fn is_discarded() -> bool {
    fstat(io::stdout()).is_ok_and(|file| {
        FileType::from_raw_mode(file.st_mode) == FileType::CharacterDevice && file.st_rdev == makedev(1, 3)
    })
}

fn lock() -> MutexGuard<'static, Queue> {
    QUEUE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn write(program: &str) {
    let mut has_failed = false;
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
        if let Err(error) = write_all(&lines) {
            lock().is_incomplete = true;
            if !mem::replace(&mut has_failed, true) {
                let report = format!("{program}: cannot write the log to standard output: {error}\n");
                write_stderr(report.as_bytes());
            }
        }
        lines.clear();
        lines.shrink_to(MAX_RETAINED);
        wait();
    }
}

/// Writes lines, and drops the rest after an error: the service continues if standard output is closed.
#[expect(clippy::disallowed_methods, reason = "runs on the writer thread")]
fn write_all(mut lines: &[u8]) -> Result<(), Errno> {
    while !lines.is_empty() {
        match rustix::io::write(io::stdout(), lines) {
            Ok(count) => lines = lines.get(count..).unwrap_or_default(),
            // The process that started the service may have made standard output non-blocking.
            Err(Errno::AGAIN | Errno::INTR) => wait(),
            Err(error) => {
                let count = lines.split(|byte| *byte == b'\n').count() - 1;
                DROPPED_LINES.inc_by(count as u64);
                return Err(error);
            }
        }
    }
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "runs on the writer thread")]
fn wait() {
    thread::sleep(FLUSH_INTERVAL);
}
