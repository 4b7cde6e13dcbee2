//! The methods of the service and the number of requests per method and code.
//!
//! A router only knows services: it has one pattern for all methods of a service. A method is registered when a handler responds
//! to it. The number of methods is bounded, because they are label values.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use axum::http::Response;

use super::call::is_grpc;
use super::code::CODE_COUNT;
use super::Code;

const MAX_METHODS: usize = 256;

/// A registered method.
pub(crate) struct Method {
    pub(crate) path: Arc<str>,
    counts: Counts,
}

/// The number of completed requests per code.
struct Counts([AtomicU64; CODE_COUNT]);

/// Sorted by path.
static METHODS: RwLock<Vec<Arc<Method>>> = RwLock::new(Vec::new());

/// Requests of methods that are not registered.
static UNKNOWN: Counts = Counts([const { AtomicU64::new(0) }; CODE_COUNT]);

/// Returns the method with a path, if it is registered.
pub(super) fn find(path: &str) -> Option<Arc<Method>> {
    let methods = METHODS.read().unwrap_or_else(PoisonError::into_inner);
    let index = search(&methods, path).ok()?;
    methods.get(index).cloned()
}

/// Registers a method if the response comes from its handler.
pub(super) fn register<B>(path: &str, response: &Response<B>) {
    // A router rejects unknown methods with UNIMPLEMENTED, RouteLimits rejects requests with UNAVAILABLE.
    let rejections = [Code::UNIMPLEMENTED, Code::UNAVAILABLE].map(Some);
    let is_rejection = rejections.contains(&Code::from_headers(response.headers()));
    if !is_grpc(response.headers()) || is_rejection || find(path).is_some() {
        return;
    }
    let mut methods = METHODS.write().unwrap_or_else(PoisonError::into_inner);
    match search(&methods, path) {
        Err(index) if methods.len() < MAX_METHODS && is_label(path) => {
            let counts = Counts([const { AtomicU64::new(0) }; CODE_COUNT]);
            let path = path.into();
            methods.insert(index, Arc::new(Method { path, counts }));
        }
        _ => {}
    }
}

fn search(methods: &[Arc<Method>], path: &str) -> Result<usize, usize> {
    methods.binary_search_by(|method| (*method.path).cmp(path))
}

/// Whether a path consists of identifiers. The path of a router's wildcard may have any bytes, percent-encoded in many ways.
fn is_label(path: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"/._".contains(&byte);
    split(path).is_some() && path.bytes().all(allowed)
}

/// Splits a path into service and method.
fn split(path: &str) -> Option<(&str, &str)> {
    path.strip_prefix('/')?.split_once('/')
}

/// Counts a completed request.
pub(crate) fn count(method: Option<&Method>, code: Code) {
    let counts = method.map_or(&UNKNOWN, |method| &method.counts);
    if let Some(count) = counts.0.get(usize::from(code.number())) {
        count.fetch_add(1, Ordering::Relaxed);
    }
}

/// Returns service, method, code and count for each combination that has occurred.
pub(crate) fn counts() -> Vec<(String, String, Code, u64)> {
    let methods = METHODS.read().unwrap_or_else(PoisonError::into_inner);
    let registered = methods
        .iter()
        .filter_map(|method| Some((split(&method.path)?, &method.counts)));
    let all = registered.chain([(("unknown", "unknown"), &UNKNOWN)]);
    let mut rows = Vec::new();
    for ((service, name), counts) in all {
        for (code, count) in Code::all().zip(&counts.0) {
            let count = count.load(Ordering::Relaxed);
            if count > 0 {
                rows.push((service.to_owned(), name.to_owned(), code, count));
            }
        }
    }
    rows
}
