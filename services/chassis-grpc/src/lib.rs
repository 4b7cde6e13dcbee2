//! gRPC services on the chassis: their routes, and gRPC's health check. `services/quota` is an example.
//!
//! A request has the limits of the chassis. So a method whose client streams its messages needs a route of its own, which
//! bounds neither the time nor the rate of the request's body:
//!
//! ```
//! # use axum::Router;
//! # use chassis::RouteLimits;
//! # use chassis_grpc::Services;
//! # use tonic_health::pb::health_server::{Health as Files, HealthServer as FilesServer};
//! # use tower_layer::Layer;
//! fn router(server: FilesServer<impl Files>) -> Router {
//!     let limits = RouteLimits::new().no_timeout().min_rate(0).max_body(u64::MAX);
//!     let upload = limits.layer(server.clone());
//!     Services::new()
//!         .service(server)
//!         .into_router()
//!         .route_service("/files.v1.Files/Upload", upload)
//! }
//! ```

#![forbid(unsafe_code)]

mod health;
mod services;

pub use services::Services;
