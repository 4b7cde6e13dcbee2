//! gRPC error responses of the chassis.

use axum::body::Body;
use axum::http::{header, HeaderMap, HeaderValue};
use axum::response::Response;
use percent_encoding::{utf8_percent_encode, AsciiSet, CONTROLS};

use super::code::GRPC_STATUS;
use super::Code;

/// The ASCII characters of `grpc-message` that are encoded, in addition to all others.
const ENCODED: &AsciiSet = &CONTROLS.add(b'%');

/// Creates a "Trailers-Only" response, which has its status in the headers.
pub(crate) fn reject(code: Code, message: &str) -> Response {
    let mut response = Response::new(Body::empty());
    let headers = response.headers_mut();
    *headers = status_headers(code, message);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
    response
}

/// Encodes a status as headers or trailers.
pub(crate) fn status_headers(code: Code, message: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(GRPC_STATUS, code.header());
    // Encoded text is always a valid header value.
    if let Ok(message) = HeaderValue::try_from(percent_encode(message)) {
        headers.insert("grpc-message", message);
    }
    headers
}

fn percent_encode(message: &str) -> String {
    utf8_percent_encode(message, ENCODED).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percent_encodes_messages() {
        for (message, encoded) in [
            ("no response", "no response"),
            ("100%", "100%25"),
            ("a\nb\u{e4}~", "a%0Ab%C3%A4~"),
        ] {
            assert_eq!(percent_encode(message), encoded);
        }
    }
}
