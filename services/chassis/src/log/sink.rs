//! Where lines wait for standard output.
//!
//! A thread of its own writes them, many at a time, so that a request never waits for whoever reads the log. What that
//! reader falls behind by is bounded; lines beyond it are counted and dropped.

use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Condvar, LazyLock, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use super::batch::{merge, Batch};
use crate::shards::Shards;

/// Of one thread, in bytes.
const MOST_WAITING: usize = 1 << 20;

/// What a batch may keep, in bytes; after a burst the memory goes back.
const MOST_KEPT: usize = 1 << 18;

/// How long lines are gathered once some were written; the first of them are written at once. A
/// thread that is woken for each, and a call of the system for each, cost more than all else that a small request takes.
const GATHER: Duration = Duration::from_millis(5);

#[derive(Default)]
struct Sink {
    waiting: Shards<Mutex<Batch>>,
    /// Whether the thread gathers or writes, and so need not be woken.
    awake: AtomicBool,
    rest: Mutex<()>,
    wake: Condvar,
    written: Condvar,
}

static SINK: LazyLock<Sink> = LazyLock::new(Sink::default);

static DROPPED: AtomicU64 = AtomicU64::new(0);

/// Starts the thread that writes.
pub(super) fn start() -> io::Result<()> {
    thread::Builder::new().name("log".into()).spawn(write).map(drop)
}

/// Adds a line, which ends in a line feed, and the time that it tells.
pub(super) fn add(time: Duration, line: &[u8]) {
    let mut waiting = lock(SINK.waiting.mine());
    if waiting.len() + line.len() > MOST_WAITING {
        DROPPED.fetch_add(1, Ordering::Relaxed);
        return;
    }
    waiting.push(time, line);
    drop(waiting);
    if !SINK.awake.load(Ordering::Relaxed) {
        wake();
    }
}

#[cold]
fn wake() {
    let _rest = lock(&SINK.rest);
    SINK.awake.store(true, Ordering::Relaxed);
    SINK.wake.notify_one();
}

/// Lines that were dropped, since nobody read.
pub(crate) fn dropped() -> u64 {
    DROPPED.load(Ordering::Relaxed)
}

/// Waits until all that was added has been written, for a second at most: a reader that hangs must not hold up the end.
pub(crate) fn flush() {
    let second = Duration::from_secs(1);
    let rest = lock(&SINK.rest);
    let _ = SINK
        .written
        .wait_timeout_while(rest, second, |()| SINK.awake.load(Ordering::Relaxed));
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one writer of standard output, a thread of its own"
)]
fn write() {
    let mut batches: Vec<Batch> = SINK.waiting.all().map(|_| Batch::default()).collect();
    let mut text = Vec::new();
    loop {
        // All at once: what one thread said before another is then not written after it.
        let waiting: Vec<_> = SINK.waiting.all().map(lock).collect();
        for (mut waiting, batch) in waiting.into_iter().zip(&mut batches) {
            std::mem::swap(&mut *waiting, batch);
        }
        merge(&batches, &mut text);
        if text.is_empty() {
            sleep();
            continue;
        }
        // Standard output may be closed; the service goes on.
        let mut out = io::stdout().lock();
        let _ = out.write_all(&text).and_then(|()| out.flush());
        text.clear();
        text.shrink_to(MOST_KEPT);
        for batch in &mut batches {
            batch.clear(MOST_KEPT);
        }
        thread::sleep(GATHER);
    }
}

/// Until somebody adds a line.
fn sleep() {
    let mut rest = lock(&SINK.rest);
    SINK.awake.store(false, Ordering::Relaxed);
    // Whoever adds one after this look sees that nobody is awake.
    if SINK.waiting.all().any(|waiting| lock(waiting).len() > 0) {
        SINK.awake.store(true, Ordering::Relaxed);
        return;
    }
    SINK.written.notify_all();
    while !SINK.awake.load(Ordering::Relaxed) {
        rest = SINK.wake.wait(rest).unwrap_or_else(PoisonError::into_inner);
    }
}
