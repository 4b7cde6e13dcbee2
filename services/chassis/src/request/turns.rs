//! How many requests are served at a time.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;

/// So many turns; nobody waits for one.
#[derive(Debug)]
pub(super) struct Turns {
    most: usize,
    taken: AtomicUsize,
}

/// A turn, until it is dropped.
#[derive(Debug)]
pub(super) struct Turn(Arc<Turns>);

impl Turns {
    pub(super) fn new(most: usize) -> Arc<Self> {
        Arc::new(Self {
            most,
            taken: AtomicUsize::new(0),
        })
    }

    /// None where all are taken.
    pub(super) fn take(self: &Arc<Self>) -> Option<Turn> {
        // Counted first: of two who come at once for the last turn one is too many, and sees it.
        let turn = Turn(Arc::clone(self));
        (self.taken.fetch_add(1, Ordering::Relaxed) < self.most).then_some(turn)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.0.taken.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turn_is_free_again_once_it_is_dropped() {
        let turns = Turns::new(2);
        let (first, _second) = (turns.take().unwrap(), turns.take().unwrap());
        assert!(turns.take().is_none());
        assert!(turns.take().is_none());
        drop(first);
        let third = turns.take();
        assert!(third.is_some());
        assert!(turns.take().is_none());
    }
}
