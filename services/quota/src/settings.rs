//! The variables of the service.

use chassis::Env;

/// The size of the buckets, and their number.
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
                "tokens that a bucket gets",
            ),
            max_keys: env.var_in_range(
                "QUOTA_MAX_KEYS",
                100_000,
                1..=10_000_000,
                "keys in memory; more are rejected until buckets are full",
            ),
        }
    }
}
