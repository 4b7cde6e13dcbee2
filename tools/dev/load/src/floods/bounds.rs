//! Bounds for a service during a flood.

use crate::good::Measured;

/// The accepted maximums.
pub(crate) struct Bounds {
    /// Good requests without a response, or with a status other than 200.
    pub(crate) failed: usize,
    /// The p99 of good requests during the flood, divided by the p99 before it.
    pub(crate) ratio: f64,
    /// Resident memory, in bytes.
    pub(crate) rss: u64,
}

/// Measurements of one flood.
pub(super) struct Outcome {
    /// Frames, requests or connections of the flood.
    pub(super) sent: u64,
    pub(super) alone: Measured,
    pub(super) during: Measured,
}

impl Outcome {
    pub(super) fn failed(&self) -> usize {
        self.alone.failed + self.during.failed
    }
}

impl Bounds {
    /// Describes each exceeded bound.
    pub(super) fn exceeded(&self, outcome: &Outcome) -> Vec<String> {
        let failed = outcome.failed();
        let p99 = |measured: &Measured| measured.times.percentile(99).as_secs_f64();
        let ratio = p99(&outcome.during) / p99(&outcome.alone);
        let rss = outcome.during.rss;
        let mut exceeded = Vec::new();
        if outcome.sent == 0 {
            exceeded.push("the flood sent nothing".to_owned());
        }
        if outcome.alone.times.count() == 0 || outcome.during.times.count() == 0 {
            exceeded.push("no good request succeeded".to_owned());
        } else if ratio > self.ratio {
            exceeded.push(format!("p99 ratio {ratio:.1}, expected at most {}", self.ratio));
        }
        if failed > self.failed {
            exceeded.push(format!(
                "{failed} good requests failed, expected at most {}",
                self.failed
            ));
        }
        if rss > self.rss {
            exceeded.push(format!("{rss} bytes resident, expected at most {}", self.rss));
        }
        exceeded
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::samples::Samples;

    const BOUNDS: Bounds = Bounds {
        failed: 0,
        ratio: 2.0,
        rss: 1000,
    };

    fn measured(milliseconds: u64, failed: usize, rss: u64) -> Measured {
        Measured {
            times: Samples::new(vec![Duration::from_millis(milliseconds)]),
            failed,
            rss,
        }
    }

    fn exceeded(sent: u64, during: Measured) -> String {
        let alone = measured(10, 0, 1);
        BOUNDS.exceeded(&Outcome { sent, alone, during }).join("; ")
    }

    #[test]
    fn accepts_values_at_the_bounds() {
        assert_eq!(exceeded(1, measured(20, 0, 1000)), "");
    }

    #[test]
    fn reports_each_exceeded_bound() {
        assert_eq!(exceeded(0, measured(1, 0, 1)), "the flood sent nothing");
        assert_eq!(
            exceeded(1, measured(21, 3, 1001)),
            "p99 ratio 2.1, expected at most 2; 3 good requests failed, expected at most 0; \
             1001 bytes resident, expected at most 1000"
        );
        let no_responses = Measured {
            times: Samples::new(Vec::new()),
            ..measured(0, 0, 1)
        };
        assert_eq!(exceeded(1, no_responses), "no good request succeeded");
    }
}
