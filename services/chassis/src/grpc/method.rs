//! The methods of the service, as labels.
//!
//! Only a handler knows its methods: routers have one pattern for all of a service. So those are known that a handler has
//! answered, and never more than a fixed number.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use axum::http::Response;

use super::call::is_grpc;
use super::Code;

const MAX_METHODS: usize = 256;

/// A method that the service has.
#[derive(Debug)]
pub(crate) struct Method {
    pub(crate) path: Arc<str>,
    pub(crate) service: Arc<str>,
    pub(crate) name: Arc<str>,
}

static METHODS: RwLock<BTreeMap<Arc<str>, Arc<Method>>> = RwLock::new(BTreeMap::new());

/// The method of a path, if it is known.
pub(super) fn get(path: &str) -> Option<Arc<Method>> {
    let methods = METHODS.read().unwrap_or_else(PoisonError::into_inner);
    methods.get(path).cloned()
}

/// Learns a method from the answer of a handler.
pub(super) fn learn<B>(path: &str, response: &Response<B>) {
    // A router answers other methods with the first, and limits of a route with the second.
    let refused = [Code::UNIMPLEMENTED, Code::UNAVAILABLE].map(Some);
    if !is_grpc(response.headers()) || refused.contains(&Code::of(response.headers())) || get(path).is_some()
    {
        return;
    }
    let Some((service, name)) = path.strip_prefix('/').and_then(|path| path.split_once('/')) else {
        return;
    };
    let mut methods = METHODS.write().unwrap_or_else(PoisonError::into_inner);
    if methods.len() < MAX_METHODS {
        let method = Method {
            path: path.into(),
            service: service.into(),
            name: name.into(),
        };
        methods.insert(Arc::clone(&method.path), Arc::new(method));
    }
}
