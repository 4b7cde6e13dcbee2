//! The methods of the service and the metric of gRPC requests.
//!
//! A router only knows services: it has one pattern for all methods of a service. A method is registered when it responds with
//! messages or with OK. Their number and length are bounded, because they are label values.

use std::collections::BTreeSet;
use std::sync::{LazyLock, PoisonError, RwLock};

use axum::http::Response;
use chassis_telemetry::metrics::{self, Counter, Family, Labels};

use super::call::is_grpc;
use super::Code;

const MAX_METHODS: usize = 256;

/// In bytes.
const MAX_LABEL: usize = 256;

/// The paths of the registered methods.
static METHODS: RwLock<BTreeSet<Box<str>>> = RwLock::new(BTreeSet::new());

/// Has the name and the labels of go-grpc-middleware.
static HANDLED: LazyLock<Family<Labels, Counter>> = LazyLock::new(|| {
    let help =
        "Completed gRPC requests by service, method and code; unknown if the method has not succeeded yet";
    metrics::register("grpc_server_handled", help, Family::default())
});

pub(super) fn is_registered(path: &str) -> bool {
    METHODS
        .read()
        .unwrap_or_else(PoisonError::into_inner)
        .contains(path)
}

/// Registers a method unless the response has an error in its headers, which may come from an interceptor. That does not know
/// whether the method exists.
pub(super) fn register<B>(path: &str, response: &Response<B>) {
    let code = Code::from_headers(response.headers());
    if !is_grpc(response.headers()) || code.is_some_and(|code| code != Code::OK) || is_registered(path) {
        return;
    }
    let mut methods = METHODS.write().unwrap_or_else(PoisonError::into_inner);
    if methods.len() < MAX_METHODS && is_label(path) {
        methods.insert(path.into());
    }
}

/// Whether a path consists of identifiers. The path of a router's wildcard may have any bytes, percent-encoded in many ways.
fn is_label(path: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"/._".contains(&byte);
    path.len() <= MAX_LABEL && split(path).is_some() && path.bytes().all(allowed)
}

/// Splits a path into service and method.
fn split(path: &str) -> Option<(&str, &str)> {
    path.strip_prefix('/')?.split_once('/')
}

/// Counts a completed request of a registered method, or of an unknown one.
pub(crate) fn count(path: Option<&str>, code: Code) {
    let (service, method) = path.and_then(split).unwrap_or(("unknown", "unknown"));
    let labels = vec![
        ("grpc_service", service.to_owned()),
        ("grpc_method", method.to_owned()),
        ("grpc_code", code.name().to_owned()),
    ];
    HANDLED.get_or_create(&labels).inc();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_bounded_identifiers() {
        let of_length = |length: usize| format!("/package.v1.Service/{}", "m".repeat(length - 20));
        for (path, expected) in [
            ("/package.v1.Service/Method_1", true),
            ("/package.v1.Service/%4dethod", false),
            ("/package.v1.Service", false),
            (&of_length(256), true),
            (&of_length(257), false),
        ] {
            assert_eq!(is_label(path), expected, "{path}");
        }
    }
}
