//! Keys of buckets.

use tonic::Status;

/// In bytes.
const MAX_LENGTH: usize = 128;

/// Validates a key.
pub(crate) fn check_key(key: String) -> Result<String, Status> {
    match key.len() {
        1..=MAX_LENGTH => Ok(key),
        length => Err(Status::invalid_argument(format!(
            "invalid key of {length} bytes: expected 1 to {MAX_LENGTH}"
        ))),
    }
}
