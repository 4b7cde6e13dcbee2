//! The environment variables of the service.

use chassis::Env;

/// The size, the refill rate and the maximum number of buckets.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    pub(crate) limit: u32,
    pub(crate) refill_per_second: u32,
    pub(crate) max_keys: usize,
}

impl Settings {
    /// Reads the variables.
    pub fn read(env: &mut Env) -> Self {
        Self {
            limit: env.var_in_range("QUOTA_LIMIT", 100, 1..=1_000_000, "tokens of a full bucket"),
            refill_per_second: env.var_in_range(
                "QUOTA_REFILL_PER_SECOND",
                10,
                1..=1_000_000,
                "tokens added to a bucket per second",
            ),
            max_keys: env.var_in_range(
                "QUOTA_MAX_KEYS",
                100_000,
                1..=10_000_000,
                "maximum number of keys in memory; new keys are rejected until a bucket is full",
            ),
        }
    }
}
