//! Parts of answers that wait to be taken.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::time::Instant;

/// Since when a part of an answer is there to be taken, by request.
#[derive(Debug, Default)]
pub(super) struct Offers {
    /// Whether there are any: most answers are taken whole, and ask for no lock.
    any: AtomicBool,
    since: Mutex<BTreeMap<u64, Instant>>,
}

impl Offers {
    pub(super) fn add(&self, request: u64, now: Instant) {
        self.lock().insert(request, now);
        self.any.store(true, Ordering::Relaxed);
    }

    pub(super) fn remove(&self, request: u64) {
        if self.any.load(Ordering::Relaxed) {
            let mut since = self.lock();
            since.remove(&request);
            self.any.store(!since.is_empty(), Ordering::Relaxed);
        }
    }

    /// Since when the one that waits longest does.
    pub(super) fn longest(&self) -> Option<Instant> {
        if !self.any.load(Ordering::Relaxed) {
            return None;
        }
        self.lock().values().min().copied()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<u64, Instant>> {
        self.since.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
