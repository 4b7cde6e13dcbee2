//! The keys of buckets.

use tonic::Status;

const MAX: usize = 128;

/// A valid key, or `INVALID_ARGUMENT`.
pub(crate) fn check_key(key: String) -> Result<String, Status> {
    match key.len() {
        1..=MAX => Ok(key),
        length => Err(Status::invalid_argument(format!(
            "invalid key of {length} bytes: expected 1 to {MAX}"
        ))),
    }
}
