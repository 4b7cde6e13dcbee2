//! gRPC status codes.

use axum::http::{HeaderMap, HeaderValue, StatusCode};

pub(super) const GRPC_STATUS: &str = "grpc-status";

/// A gRPC status code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Code(u8);

impl Code {
    pub(crate) const OK: Self = Self(0);
    pub(crate) const CANCELLED: Self = Self(1);
    pub(crate) const UNKNOWN: Self = Self(2);
    pub(crate) const DEADLINE_EXCEEDED: Self = Self(4);
    const PERMISSION_DENIED: Self = Self(7);
    const RESOURCE_EXHAUSTED: Self = Self(8);
    pub(crate) const UNIMPLEMENTED: Self = Self(12);
    pub(crate) const INTERNAL: Self = Self(13);
    pub(crate) const UNAVAILABLE: Self = Self(14);
    const UNAUTHENTICATED: Self = Self(16);

    const NAMES: [&'static str; 17] = [
        "OK",
        "Canceled",
        "Unknown",
        "InvalidArgument",
        "DeadlineExceeded",
        "NotFound",
        "AlreadyExists",
        "PermissionDenied",
        "ResourceExhausted",
        "FailedPrecondition",
        "Aborted",
        "OutOfRange",
        "Unimplemented",
        "Internal",
        "Unavailable",
        "DataLoss",
        "Unauthenticated",
    ];

    /// Returns the code in headers or trailers; `UNKNOWN` if it is invalid.
    pub(crate) fn from_headers(headers: &HeaderMap) -> Option<Self> {
        let value = headers.get(GRPC_STATUS)?;
        let number = value.to_str().ok().and_then(|text| text.parse().ok());
        let code = number.filter(|number| usize::from(*number) < Self::NAMES.len());
        Some(code.map_or(Self::UNKNOWN, Self))
    }

    /// Maps the HTTP status of a response of the chassis or the router. Extends gRPC's own mapping (`http-grpc-status-mapping.md`)
    /// with the statuses of the chassis's limits.
    pub(crate) fn from_http_status(status: StatusCode) -> Self {
        match status {
            StatusCode::UNAUTHORIZED => Self::UNAUTHENTICATED,
            StatusCode::FORBIDDEN => Self::PERMISSION_DENIED,
            StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED => Self::UNIMPLEMENTED,
            StatusCode::REQUEST_TIMEOUT => Self::DEADLINE_EXCEEDED,
            StatusCode::PAYLOAD_TOO_LARGE | StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => {
                Self::RESOURCE_EXHAUSTED
            }
            StatusCode::BAD_REQUEST | StatusCode::INTERNAL_SERVER_ERROR => Self::INTERNAL,
            StatusCode::TOO_MANY_REQUESTS
            | StatusCode::BAD_GATEWAY
            | StatusCode::SERVICE_UNAVAILABLE
            | StatusCode::GATEWAY_TIMEOUT => Self::UNAVAILABLE,
            _ => Self::UNKNOWN,
        }
    }

    pub(crate) fn number(self) -> u8 {
        self.0
    }

    /// The name in Go's gRPC library, which dashboards expect.
    pub(crate) fn name(self) -> &'static str {
        Self::NAMES.get(usize::from(self.0)).copied().unwrap_or("Unknown")
    }

    pub(super) fn header(self) -> HeaderValue {
        HeaderValue::from(u16::from(self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_codes() {
        for (text, code) in [
            ("0", 0),
            ("16", 16),
            ("17", 2),
            ("-1", 2),
            ("", 2),
            ("NotFound", 2),
        ] {
            let mut headers = HeaderMap::new();
            assert_eq!(Code::from_headers(&headers), None);
            headers.insert(GRPC_STATUS, text.parse().unwrap());
            assert_eq!(Code::from_headers(&headers), Some(Code(code)), "{text:?}");
        }
    }

    #[test]
    fn names_match_codes() {
        assert_eq!(Code::UNIMPLEMENTED.name(), "Unimplemented");
        assert_eq!(Code::UNAVAILABLE.name(), "Unavailable");
        assert_eq!(Code::UNAUTHENTICATED.name(), "Unauthenticated");
    }
}
