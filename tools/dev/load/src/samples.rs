//! Measured durations and their formats.

use std::time::Duration;

/// Sorted durations.
pub(crate) struct Samples(Vec<Duration>);

impl Samples {
    pub(crate) fn new(mut times: Vec<Duration>) -> Self {
        times.sort_unstable();
        Self(times)
    }

    /// The percentile by nearest rank, or zero without samples.
    pub(crate) fn percentile(&self, percent: usize) -> Duration {
        self.permille(percent * 10)
    }

    /// The same in permille.
    pub(crate) fn permille(&self, permille: usize) -> Duration {
        let rank = (self.0.len() * permille).div_ceil(1000).max(1);
        self.0.get(rank - 1).copied().unwrap_or_default()
    }

    pub(crate) fn count(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn max(&self) -> Duration {
        self.percentile(100)
    }
}

/// Formats milliseconds with two decimals.
pub(crate) fn milliseconds(time: Duration) -> String {
    format!("{:.2}", time.as_secs_f64() * 1000.0)
}

/// Formats whole microseconds.
pub(crate) fn microseconds(time: Duration) -> String {
    time.as_micros().to_string()
}

/// Formats megabytes (10^6 bytes) with two decimals.
pub(crate) fn megabytes(bytes: u64) -> String {
    format!("{}.{:02}", bytes / 1_000_000, bytes % 1_000_000 / 10_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_use_nearest_rank() {
        let samples = Samples::new((1..=200).rev().map(Duration::from_millis).collect());
        assert_eq!(samples.percentile(50), Duration::from_millis(100));
        assert_eq!(samples.percentile(99), Duration::from_millis(198));
        assert_eq!(samples.permille(995), Duration::from_millis(199));
        assert_eq!(samples.max(), Duration::from_millis(200));
        assert_eq!(Samples::new(Vec::new()).percentile(99), Duration::ZERO);
    }

    #[test]
    fn formats_units() {
        assert_eq!(microseconds(Duration::from_nanos(1_999)), "1");
        assert_eq!(milliseconds(Duration::from_micros(1234)), "1.23");
        assert_eq!(megabytes(2_097_152), "2.09");
    }
}
