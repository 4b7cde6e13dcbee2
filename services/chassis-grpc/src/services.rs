//! The routes of gRPC services.

use std::convert::Infallible;

use axum::response::IntoResponse;
use axum::Router;
use tonic::body::Body;
use tonic::codegen::http::Request;
use tonic::codegen::Service;
use tonic::server::NamedService;
use tonic::service::Routes;
use tonic_health::pb::health_server::HealthServer;

use crate::health::HealthService;

/// A builder of a router for gRPC services.
#[derive(Debug, Default)]
pub struct Services {
    routes: Routes,
    names: Vec<&'static str>,
}

impl Services {
    /// Creates a builder without services.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a service, the server type that tonic generates.
    #[must_use]
    pub fn service<S>(mut self, service: S) -> Self
    where
        S: Service<Request<Body>, Error = Infallible> + NamedService + Clone + Send + Sync + 'static,
        S::Response: IntoResponse,
        S::Future: Send + 'static,
    {
        self.names.push(S::NAME);
        self.routes = self.routes.add_service(service);
        self
    }

    /// Returns the routes of the services and of `grpc.health.v1.Health`.
    ///
    /// The health status of every service, and of the server (the empty name), is the readiness of the chassis. The chassis
    /// responds to other paths with `UNIMPLEMENTED` for gRPC, otherwise with 404.
    pub fn into_router(self) -> Router {
        let health = HealthService::new(self.names);
        self.routes
            .add_service(HealthServer::new(health))
            .into_axum_router()
            .reset_fallback()
    }
}
