//! Extractors.

use std::convert::Infallible;
use std::fmt;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{Extensions, StatusCode};
use chassis_telemetry::{Health, NotReady};

use super::client::ClientAddr;
use super::context::RequestContext;
use crate::problem::Problem;
use crate::shutdown::Shutdown;

impl<S: Sync> FromRequestParts<S> for ClientAddr {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Self::from_extensions(&parts.extensions).ok_or_else(|| {
            Problem::new(StatusCode::INTERNAL_SERVER_ERROR).detail("request not served by the chassis")
        })
    }
}

impl ClientAddr {
    /// Returns the client of a request with these extensions, for handlers without extractors, such as those of gRPC. If the chassis
    /// does not serve the request, as in a test of the routes, returns the `ClientAddr` in the extensions, or `None`.
    pub fn from_extensions(extensions: &Extensions) -> Option<Self> {
        let context = RequestContext::get(extensions);
        context.map_or_else(|| extensions.get().copied(), |context| Some(context.client))
    }
}

impl<S: Sync> FromRequestParts<S> for Shutdown {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::from_extensions(&parts.extensions))
    }
}

impl Shutdown {
    /// Returns the shutdown of a request with these extensions, for handlers without extractors. If the chassis does not serve
    /// the request, as in a test of the routes, the shutdown is never requested.
    pub fn from_extensions(extensions: &Extensions) -> Self {
        let context = RequestContext::get(extensions);
        context.map_or_else(Self::default, |context| context.server().shutdown.clone())
    }
}

/// The readiness of the service, as reported by `/readyz`, for protocols with their own health check.
#[derive(Clone)]
pub struct Readiness(Option<Arc<Health>>);

impl Readiness {
    /// Runs the readiness checks.
    pub async fn check(&self) -> Result<(), NotReady> {
        match &self.0 {
            Some(health) => health.check().await,
            None => Ok(()),
        }
    }

    /// Returns the readiness of the service for a request with these extensions. If the chassis does not serve the request, as in
    /// a test of the routes, the service is always ready.
    pub fn from_extensions(extensions: &Extensions) -> Self {
        let context = RequestContext::get(extensions);
        Self(context.map(|context| Arc::clone(&context.server().health)))
    }
}

impl fmt::Debug for Readiness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Readiness").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use super::*;

    #[test]
    fn tests_of_routes_set_the_client() {
        let mut extensions = Extensions::new();
        assert_eq!(ClientAddr::from_extensions(&extensions), None);
        let peer = SocketAddr::from(([192, 0, 2, 1], 80));
        let client = ClientAddr { peer, ip: peer.ip() };
        extensions.insert(client);
        assert_eq!(ClientAddr::from_extensions(&extensions), Some(client));
    }
}
