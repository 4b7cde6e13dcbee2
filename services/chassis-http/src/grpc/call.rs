//! gRPC requests.

use std::sync::OnceLock;
use std::time::Duration;

use axum::http::{header, HeaderMap, Request, Response, Version};

use super::{method, Code};

const CONTENT_TYPE: &[u8] = b"application/grpc";

/// A gRPC request.
pub(crate) struct Call {
    path: Box<str>,
    /// The value of `grpc-timeout`.
    pub(crate) timeout: Option<Duration>,
    code: OnceLock<Code>,
}

impl Call {
    /// Returns `None` if the request is not gRPC.
    pub(crate) fn from_request<B>(request: &Request<B>) -> Option<Box<Self>> {
        let headers = request.headers();
        // The version first, which avoids the header lookup for HTTP/1.1.
        if request.version() != Version::HTTP_2 || !is_grpc(headers) {
            return None;
        }
        Some(Box::new(Self {
            path: request.uri().path().into(),
            timeout: headers
                .get("grpc-timeout")
                .and_then(|value| parse_timeout(value.as_bytes())),
            code: OnceLock::new(),
        }))
    }

    /// Registers the method if the response shows that it exists.
    pub(crate) fn record_response<B>(&self, response: &Response<B>) {
        method::register(&self.path, response);
    }

    /// Returns the path of the method if it is registered.
    pub(crate) fn method(&self) -> Option<&str> {
        method::is_registered(&self.path).then_some(&*self.path)
    }

    /// Records the code in headers or trailers. Only the first code counts.
    pub(crate) fn record_code(&self, headers: &HeaderMap) {
        if let Some(code) = Code::from_headers(headers) {
            let _ = self.code.set(code);
        }
    }

    /// The recorded code. A response without one was aborted, or the handler sent no code.
    pub(crate) fn code(&self, is_complete: bool) -> Code {
        let default = if is_complete {
            Code::UNKNOWN
        } else {
            Code::CANCELLED
        };
        self.code.get().copied().unwrap_or(default)
    }
}

/// `application/grpc`, with or without a message format or parameters, but not `application/grpc-web`.
pub(super) fn is_grpc(headers: &HeaderMap) -> bool {
    let Some(value) = headers.get(header::CONTENT_TYPE) else {
        return false;
    };
    match value.as_bytes().strip_prefix(CONTENT_TYPE) {
        Some([]) => true,
        Some([next, ..]) => matches!(next, b'+' | b';'),
        None => false,
    }
}

/// Parses at most 8 digits and a unit.
fn parse_timeout(value: &[u8]) -> Option<Duration> {
    let (unit, digits) = value.split_last()?;
    if digits.is_empty() || digits.len() > 8 || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let number: u64 = std::str::from_utf8(digits).ok()?.parse().ok()?;
    Some(match unit {
        b'H' => Duration::from_secs(number * 3600),
        b'M' => Duration::from_secs(number * 60),
        b'S' => Duration::from_secs(number),
        b'm' => Duration::from_millis(number),
        b'u' => Duration::from_micros(number),
        b'n' => Duration::from_nanos(number),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matches_grpc_content_types() {
        for (value, grpc) in [
            ("application/grpc", true),
            ("application/grpc+proto", true),
            ("application/grpc;a=b", true),
            ("application/grpc-web", false),
            ("application/grpcx", false),
            ("application/json", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::CONTENT_TYPE, value.parse().unwrap());
            assert_eq!(is_grpc(&headers), grpc, "{value}");
        }
    }

    #[test]
    fn parses_timeouts() {
        for (value, timeout) in [
            ("1H", Some(Duration::from_hours(1))),
            ("2M", Some(Duration::from_mins(2))),
            ("0S", Some(Duration::ZERO)),
            ("99999999m", Some(Duration::from_millis(99_999_999))),
            ("5u", Some(Duration::from_micros(5))),
            ("7n", Some(Duration::from_nanos(7))),
            ("", None),
            ("S", None),
            ("1", None),
            ("+1S", None),
            ("123456789S", None),
            ("1s", None),
        ] {
            assert_eq!(parse_timeout(value.as_bytes()), timeout, "{value:?}");
        }
    }
}
