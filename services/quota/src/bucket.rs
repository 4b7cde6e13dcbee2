//! A token bucket. It counts in thousandths of a token, because the refill of a millisecond may be less than a token.

use std::time::{Duration, Instant};

use crate::Settings;

const TOKEN: u64 = 1000;

/// The tokens of one key.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bucket {
    thousandths: u64,
    refilled: Instant,
}

/// The result of taking tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Taken {
    pub(crate) granted: bool,
    pub(crate) remaining: u32,
    /// The time until the bucket has enough tokens.
    pub(crate) retry_after: Duration,
}

impl Bucket {
    pub(crate) fn full(settings: &Settings, now: Instant) -> Self {
        Self {
            thousandths: capacity(settings),
            refilled: now,
        }
    }

    /// Takes tokens if there are enough.
    pub(crate) fn take(&mut self, settings: &Settings, amount: u32, now: Instant) -> Taken {
        self.refill(settings, now);
        let missing = (u64::from(amount) * TOKEN).saturating_sub(self.thousandths);
        if missing == 0 {
            self.thousandths -= u64::from(amount) * TOKEN;
        }
        Taken {
            granted: missing == 0,
            remaining: self.remaining(),
            retry_after: Duration::from_millis(missing.div_ceil(settings.refill_per_second.into())),
        }
    }

    pub(crate) fn refill(&mut self, settings: &Settings, now: Instant) {
        let elapsed = now.saturating_duration_since(self.refilled).as_millis();
        let elapsed = u64::try_from(elapsed).unwrap_or(u64::MAX);
        let refill = elapsed.saturating_mul(settings.refill_per_second.into());
        self.thousandths = self.thousandths.saturating_add(refill).min(capacity(settings));
        // The rest of a millisecond counts towards the next refill.
        self.refilled += Duration::from_millis(elapsed);
    }

    pub(crate) fn is_full(&self, settings: &Settings) -> bool {
        self.thousandths == capacity(settings)
    }

    /// Whole tokens.
    pub(crate) fn remaining(&self) -> u32 {
        u32::try_from(self.thousandths / TOKEN).unwrap_or(u32::MAX)
    }
}

fn capacity(settings: &Settings) -> u64 {
    u64::from(settings.limit) * TOKEN
}

#[cfg(test)]
mod tests {
    use super::*;

    const SETTINGS: Settings = Settings {
        limit: 10,
        refill_per_second: 4,
        max_keys: 1,
    };

    #[test]
    fn grants_until_empty() {
        let now = Instant::now();
        let mut bucket = Bucket::full(&SETTINGS, now);
        for remaining in [6, 2] {
            let taken = bucket.take(&SETTINGS, 4, now);
            assert_eq!((taken.granted, taken.remaining), (true, remaining));
        }
        let taken = bucket.take(&SETTINGS, 4, now);
        assert_eq!((taken.granted, taken.remaining), (false, 2));
        assert_eq!(taken.retry_after, Duration::from_millis(500));
    }

    #[test]
    fn refills_up_to_the_limit() {
        let now = Instant::now();
        let mut bucket = Bucket::full(&SETTINGS, now);
        bucket.take(&SETTINGS, 10, now);
        // Each step refills less than a token.
        for step in 1..=1000 {
            bucket.refill(&SETTINGS, now + step * Duration::from_micros(500));
        }
        assert_eq!(bucket.remaining(), 2);
        bucket.refill(&SETTINGS, now + Duration::from_hours(1));
        assert!(bucket.is_full(&SETTINGS));
        assert_eq!(bucket.remaining(), 10);
    }

    #[test]
    fn grants_after_retry_time() {
        let now = Instant::now();
        let mut bucket = Bucket::full(&SETTINGS, now);
        bucket.take(&SETTINGS, 10, now);
        assert_eq!(
            bucket.take(&SETTINGS, 3, now).retry_after,
            Duration::from_millis(750)
        );
        assert!(
            !bucket
                .take(&SETTINGS, 3, now + Duration::from_millis(749))
                .granted
        );
        assert!(
            bucket
                .take(&SETTINGS, 3, now + Duration::from_millis(750))
                .granted
        );
    }
}
