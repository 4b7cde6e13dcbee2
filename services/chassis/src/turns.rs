//! How many requests are served at a time.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::shards::Shards;

/// So many turns; nobody waits for one.
#[derive(Debug)]
pub(crate) struct Turns {
    most: usize,
    /// Those that are free. A turn that is given back stays with its thread, which so finds it where no other thread writes.
    free: Shards<AtomicUsize>,
}

impl Turns {
    pub(crate) fn new(most: usize) -> Self {
        Self {
            most,
            free: Shards::of(|shard| AtomicUsize::new(if shard == 0 { most } else { 0 })),
        }
    }

    /// Takes a turn, which is then to be given back; false where all are taken. Where the last of them come and go while this
    /// looks for one, it may miss it.
    pub(crate) fn take(&self) -> bool {
        let take = |free: &AtomicUsize| {
            let less = |free: usize| free.checked_sub(1);
            free.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less)
                .is_ok()
        };
        take(self.free.mine()) || self.free.all().any(take)
    }

    pub(crate) fn give_back(&self) {
        self.free.mine().fetch_add(1, Ordering::Relaxed);
    }

    /// How many are taken; while turns come and go, about.
    pub(crate) fn taken(&self) -> usize {
        let free = self.free.all().map(|free| free.load(Ordering::Relaxed)).sum();
        self.most.saturating_sub(free)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turn_is_free_again_once_it_is_given_back() {
        let turns = Turns::new(2);
        assert!(turns.take() && turns.take());
        assert!(!turns.take() && !turns.take());
        assert_eq!(turns.taken(), 2);
        turns.give_back();
        assert_eq!(turns.taken(), 1);
        assert!(turns.take());
        assert!(!turns.take());
    }

    #[test]
    fn threads_find_the_turns_that_others_gave_back() {
        const EACH: usize = 1000;
        let turns = Turns::new(4);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..EACH {
                        while !turns.take() {
                            std::thread::yield_now();
                        }
                        turns.give_back();
                    }
                });
            }
        });
        assert_eq!(turns.taken(), 0);
        assert!((0..4).all(|_| turns.take()));
        assert!(!turns.take());
    }
}
