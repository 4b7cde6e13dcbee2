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

/// The gRPC services of a program.
#[derive(Debug, Default)]
pub struct Services {
    routes: Routes,
    names: Vec<&'static str>,
}

impl Services {
    /// No service yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a service: the server that is generated for it.
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

    /// The routes of the services and of `grpc.health.v1.Health`, whose status for each service and for the server, whose
    /// name is empty, is that of `/readyz`. Other paths are answered by the chassis: `UNIMPLEMENTED` to gRPC, else 404.
    pub fn into_router(self) -> Router {
        let health = HealthService::new(self.names);
        self.routes
            .add_service(HealthServer::new(health))
            .into_axum_router()
            .reset_fallback()
    }
}
