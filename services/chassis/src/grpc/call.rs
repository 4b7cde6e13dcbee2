//! A request that is gRPC.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::http::{header, HeaderMap, Request, Response, Version};

use super::{method, Code, Method};

const CONTENT_TYPE: &[u8] = b"application/grpc";

/// What the chassis knows of a gRPC request.
pub(crate) struct Call {
    path: Box<str>,
    timeout: Option<Duration>,
    code: OnceLock<Code>,
}

impl Call {
    /// The call of a request, if it is gRPC.
    pub(crate) fn of<B>(request: &Request<B>) -> Option<Box<Self>> {
        let headers = request.headers();
        // The version first: HTTP/1.1 pays no look-up.
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

    /// The time that the client has for the call.
    pub(crate) fn timeout(&self) -> Option<Duration> {
        self.timeout
    }

    /// Notes what a handler answers, up to the head.
    pub(crate) fn note_answer<B>(&self, response: &Response<B>) {
        method::learn(&self.path, response);
    }

    /// The method, if it is known.
    pub(crate) fn method(&self) -> Option<Arc<Method>> {
        method::get(&self.path)
    }

    /// Notes the code of headers or trailers; the first counts.
    pub(crate) fn note_code(&self, headers: &HeaderMap) {
        if let Some(code) = Code::of(headers) {
            let _ = self.code.set(code);
        }
    }

    /// The code of an answer, which may have been cut off before its trailers.
    pub(crate) fn code(&self, complete: bool) -> Code {
        let missing = if complete { Code::UNKNOWN } else { Code::CANCELLED };
        self.code.get().copied().unwrap_or(missing)
    }
}

/// `application/grpc`, alone or with a message format; not `application/grpc-web`.
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

/// At most 8 digits and a unit.
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
    fn content_types_are_compared_whole() {
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
    fn timeouts_need_a_unit() {
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
