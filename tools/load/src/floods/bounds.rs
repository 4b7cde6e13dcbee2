//! Whether a service withstood a flood.

use crate::good::Measured;

/// The most that is allowed.
pub(crate) struct Bounds {
    /// Good requests without an answer, or with a status other than 200.
    pub(crate) failed: usize,
    /// The p99 of good requests, in times of the p99 alone.
    pub(crate) ratio: f64,
    /// Resident memory, in bytes.
    pub(crate) rss: u64,
}

/// What was measured.
pub(super) struct Outcome {
    /// Frames, requests or connections of the flood.
    pub(super) sent: u64,
    pub(super) alone: Measured,
    pub(super) beside: Measured,
}

impl Outcome {
    pub(super) fn failed(&self) -> usize {
        self.alone.failed + self.beside.failed
    }
}

impl Bounds {
    /// What is wrong, for each bound that is exceeded.
    pub(super) fn exceeded(&self, outcome: &Outcome) -> Vec<String> {
        let failed = outcome.failed();
        let p99 = |measured: &Measured| measured.times.percentile(99).as_secs_f64();
        let ratio = p99(&outcome.beside) / p99(&outcome.alone);
        let rss = outcome.beside.rss;
        let mut exceeded = Vec::new();
        if outcome.sent == 0 {
            exceeded.push("the flood sent nothing".to_owned());
        }
        if outcome.alone.times.count() == 0 || outcome.beside.times.count() == 0 {
            exceeded.push("no good request was answered".to_owned());
        } else if ratio > self.ratio {
            exceeded.push(format!(
                "p99 grew {ratio:.1} times, at most {} is allowed",
                self.ratio
            ));
        }
        if failed > self.failed {
            exceeded.push(format!(
                "{failed} good requests failed, at most {} may",
                self.failed
            ));
        }
        if rss > self.rss {
            exceeded.push(format!("{rss} bytes resident, at most {} are allowed", self.rss));
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

    fn exceeded(sent: u64, beside: Measured) -> String {
        let alone = measured(10, 0, 1);
        BOUNDS.exceeded(&Outcome { sent, alone, beside }).join("; ")
    }

    #[test]
    fn accepts_what_the_bounds_allow() {
        assert_eq!(exceeded(1, measured(20, 0, 1000)), "");
    }

    #[test]
    fn names_each_exceeded_bound() {
        assert_eq!(exceeded(0, measured(1, 0, 1)), "the flood sent nothing");
        assert_eq!(
            exceeded(1, measured(21, 3, 1001)),
            "p99 grew 2.1 times, at most 2 is allowed; 3 good requests failed, at most 0 may; \
             1001 bytes resident, at most 1000 are allowed"
        );
        let unanswered = Measured {
            times: Samples::new(Vec::new()),
            ..measured(0, 0, 1)
        };
        assert_eq!(exceeded(1, unanswered), "no good request was answered");
    }
}
