//! The methods of the service, as labels, and the requests of each.
//!
//! Only a handler knows its methods: routers have one pattern for all of a service. So those are known that a handler has
//! answered, and never more than a fixed number.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use axum::http::Response;

use super::call::is_grpc;
use super::code::CODES;
use super::Code;

const MAX_METHODS: usize = 256;

/// A method that the service has.
pub(crate) struct Method {
    pub(crate) path: Arc<str>,
    handled: Handled,
}

/// The number of requests that ended with each code.
struct Handled([AtomicU64; CODES]);

/// Sorted by path.
static METHODS: RwLock<Vec<Arc<Method>>> = RwLock::new(Vec::new());

/// Of methods that are not known.
static UNKNOWN: Handled = Handled([const { AtomicU64::new(0) }; CODES]);

/// The method of a path, if it is known.
pub(super) fn get(path: &str) -> Option<Arc<Method>> {
    let methods = METHODS.read().unwrap_or_else(PoisonError::into_inner);
    let index = find(&methods, path).ok()?;
    methods.get(index).cloned()
}

/// Learns a method from the answer of a handler.
pub(super) fn learn<B>(path: &str, response: &Response<B>) {
    // A router answers other methods with the first, and limits of a route with the second.
    let refused = [Code::UNIMPLEMENTED, Code::UNAVAILABLE].map(Some);
    if !is_grpc(response.headers()) || refused.contains(&Code::of(response.headers())) || get(path).is_some()
    {
        return;
    }
    let mut methods = METHODS.write().unwrap_or_else(PoisonError::into_inner);
    match find(&methods, path) {
        Err(index) if methods.len() < MAX_METHODS && split(path).is_some() => {
            let handled = Handled([const { AtomicU64::new(0) }; CODES]);
            let path = path.into();
            methods.insert(index, Arc::new(Method { path, handled }));
        }
        _ => {}
    }
}

fn find(methods: &[Arc<Method>], path: &str) -> Result<usize, usize> {
    methods.binary_search_by(|method| (*method.path).cmp(path))
}

/// Service and method of a path.
fn split(path: &str) -> Option<(&str, &str)> {
    path.strip_prefix('/')?.split_once('/')
}

/// Counts a request that has ended.
pub(crate) fn count(method: Option<&Method>, code: Code) {
    let handled = method.map_or(&UNKNOWN, |method| &method.handled);
    if let Some(count) = handled.0.get(usize::from(code.number())) {
        count.fetch_add(1, Ordering::Relaxed);
    }
}

/// One row for each method and code that a request ended with: service, method, code and count.
pub(crate) fn counts() -> Vec<(String, String, Code, u64)> {
    let methods = METHODS.read().unwrap_or_else(PoisonError::into_inner);
    let known = methods
        .iter()
        .filter_map(|method| Some((split(&method.path)?, &method.handled)));
    let all = known.chain([(("unknown", "unknown"), &UNKNOWN)]);
    let mut rows = Vec::new();
    for ((service, name), handled) in all {
        for (code, count) in Code::all().zip(&handled.0) {
            let count = count.load(Ordering::Relaxed);
            if count > 0 {
                rows.push((service.to_owned(), name.to_owned(), code, count));
            }
        }
    }
    rows
}
