//! Answers of the chassis itself.

use std::fmt::Write;

use axum::body::Body;
use axum::http::{header, HeaderMap, HeaderValue};
use axum::response::Response;

use super::code::GRPC_STATUS;
use super::Code;

/// An answer without a message, whose status is in its headers ("trailers-only").
pub(crate) fn reject(code: Code, message: &str) -> Response {
    let mut response = Response::new(Body::empty());
    let headers = response.headers_mut();
    *headers = status_headers(code, message);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
    response
}

/// A status as headers or trailers.
pub(crate) fn status_headers(code: Code, message: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(GRPC_STATUS, code.header());
    // Encoded text is always valid.
    if let Ok(message) = HeaderValue::try_from(percent_encode(message)) {
        headers.insert("grpc-message", message);
    }
    headers
}

fn percent_encode(message: &str) -> String {
    let mut encoded = String::with_capacity(message.len());
    for byte in message.bytes() {
        match byte {
            b' '..=b'~' if byte != b'%' => encoded.push(char::from(byte)),
            _ => {
                let _ = write!(encoded, "%{byte:02X}");
            }
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_percent_encoded() {
        for (message, encoded) in [
            ("no answer", "no answer"),
            ("100%", "100%25"),
            ("a\nb\u{e4}~", "a%0Ab%C3%A4~"),
        ] {
            assert_eq!(percent_encode(message), encoded);
        }
    }
}
