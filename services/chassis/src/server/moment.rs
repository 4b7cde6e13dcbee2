//! Instants that are loaded and stored without a lock.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::Instant;

/// An instant, or none: of the nanoseconds since `start` one more, so that none is zero.
#[derive(Debug, Default)]
pub(super) struct Moment(AtomicU64);

impl Moment {
    pub(super) fn get(&self, start: Instant) -> Option<Instant> {
        let nanoseconds = self.0.load(Ordering::Relaxed).checked_sub(1)?;
        Some(start + Duration::from_nanos(nanoseconds))
    }

    pub(super) fn set(&self, start: Instant, at: Instant) {
        let nanoseconds = at.saturating_duration_since(start).as_nanos();
        let nanoseconds = u64::try_from(nanoseconds).unwrap_or(u64::MAX);
        self.0.store(nanoseconds.saturating_add(1), Ordering::Relaxed);
    }

    /// Unless there is one.
    pub(super) fn set_first(&self, start: Instant, now: impl FnOnce() -> Instant) {
        if self.0.load(Ordering::Relaxed) == 0 {
            self.set(start, now());
        }
    }

    pub(super) fn clear(&self) {
        self.0.store(0, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gives_the_instant_that_was_set_and_none_after_it_was_cleared() {
        let start = Instant::now();
        let moment = Moment::default();
        assert_eq!(moment.get(start), None);
        for after in [Duration::ZERO, Duration::from_nanos(1), Duration::from_hours(9)] {
            moment.set(start, start + after);
            assert_eq!(moment.get(start), Some(start + after));
        }
        moment.clear();
        assert_eq!(moment.get(start), None);
    }

    #[test]
    fn the_first_stays() {
        let start = Instant::now();
        let moment = Moment::default();
        moment.set_first(start, || start);
        moment.set_first(start, || unreachable!("there is one"));
        assert_eq!(moment.get(start), Some(start));
    }
}
