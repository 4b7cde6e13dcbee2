//! Timeouts and retries.

use std::io::ErrorKind;
use std::time::{Duration, SystemTime};

use ureq::http::StatusCode;

use super::message::Response;

/// Timeouts and limits of retries.
#[derive(Clone, Copy, Debug)]
pub struct Policy {
    /// The maximum number of attempts.
    pub attempts: u32,
    /// The delay before the second attempt; it doubles with each attempt.
    pub delay: Duration,
    /// The maximum delay, including one requested by the header Retry-After.
    pub max_retry_after: Duration,
    /// The timeout of each read, write and connection.
    pub timeout: Duration,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            attempts: 5,
            delay: Duration::from_millis(500),
            max_retry_after: Duration::from_secs(60),
            timeout: Duration::from_secs(60),
        }
    }
}

/// Whether a retry may change the status.
pub fn is_temporary(status: StatusCode) -> bool {
    matches!(status.as_u16(), 408 | 429 | 500 | 502..=504)
}

/// Whether a retry may succeed.
pub fn is_transient(error: &ureq::Error) -> bool {
    match error {
        ureq::Error::Io(error) => !matches!(
            error.kind(),
            ErrorKind::ConnectionRefused | ErrorKind::InvalidData | ErrorKind::NotFound
        ),
        ureq::Error::Protocol(_) => true,
        _ => false,
    }
}

/// The delay of the header Retry-After: seconds or a date (RFC 9110, section 10.2.3). A past date is no delay.
pub fn retry_after(response: &Response) -> Option<Duration> {
    let value = response.header("retry-after")?.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = httpdate::parse_http_date(value).ok()?;
    Some(date.duration_since(SystemTime::now()).unwrap_or_default())
}
