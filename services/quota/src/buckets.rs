//! The buckets of all keys. A full bucket need not be stored, because a new bucket is full.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use crate::bucket::{Bucket, Taken};
use crate::Settings;

/// Limits how often all keys are searched for full buckets.
const SWEEP_INTERVAL: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub(crate) struct Buckets {
    settings: Settings,
    by_key: HashMap<String, Bucket>,
    swept: Option<Instant>,
}

impl Buckets {
    pub(crate) fn new(settings: Settings) -> Self {
        Self {
            settings,
            by_key: HashMap::new(),
            swept: None,
        }
    }

    /// Takes tokens of a key; `None` if the number of keys is at its limit.
    pub(crate) fn take(&mut self, key: &str, amount: u32, now: Instant) -> Option<Taken> {
        let settings = &self.settings;
        if let Some(bucket) = self.by_key.get_mut(key) {
            return Some(bucket.take(settings, amount, now));
        }
        if self.by_key.len() >= settings.max_keys && !self.sweep(now) {
            return None;
        }
        let mut bucket = Bucket::full(&self.settings, now);
        let taken = bucket.take(&self.settings, amount, now);
        self.by_key.insert(key.to_owned(), bucket);
        Some(taken)
    }

    /// The remaining tokens of a key.
    pub(crate) fn remaining(&mut self, key: &str, now: Instant) -> u32 {
        let Some(bucket) = self.by_key.get_mut(key) else {
            return self.settings.limit;
        };
        bucket.refill(&self.settings, now);
        bucket.remaining()
    }

    /// Removes full buckets; returns whether there is room for a key.
    fn sweep(&mut self, now: Instant) -> bool {
        if self.swept.is_some_and(|swept| now < swept + SWEEP_INTERVAL) {
            return false;
        }
        self.swept = Some(now);
        let settings = &self.settings;
        self.by_key.retain(|_, bucket| {
            bucket.refill(settings, now);
            !bucket.is_full(settings)
        });
        self.by_key.len() < settings.max_keys
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn buckets() -> Buckets {
        Buckets::new(Settings {
            limit: 10,
            refill_per_second: 1,
            max_keys: 2,
        })
    }

    #[test]
    fn keys_have_own_buckets() {
        let (mut buckets, now) = (buckets(), Instant::now());
        assert!(buckets.take("a", 10, now).unwrap().granted);
        assert!(!buckets.take("a", 1, now).unwrap().granted);
        assert!(buckets.take("b", 1, now).unwrap().granted);
        let remaining = ["a", "b", "c"].map(|key| buckets.remaining(key, now));
        assert_eq!(remaining, [0, 9, 10]);
    }

    #[test]
    fn full_buckets_are_removed() {
        let (mut buckets, now) = (buckets(), Instant::now());
        buckets.take("a", 1, now).unwrap();
        buckets.take("b", 10, now).unwrap();
        assert_eq!(buckets.take("c", 1, now), None);
        // The next sweep is after SWEEP_INTERVAL.
        let early = now + Duration::from_millis(999);
        let refilled = now + Duration::from_secs(1);
        assert_eq!(buckets.take("c", 1, early), None);
        assert!(buckets.take("c", 1, refilled).unwrap().granted);
        assert_eq!(buckets.take("d", 1, refilled), None);
        assert_eq!(buckets.by_key.len(), 2);
    }
}
