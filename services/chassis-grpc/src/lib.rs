//! Routes and the health check of gRPC services on the chassis. `services/quota` is an example.
//!
//! The limits of the chassis apply to each request. A method with a client stream therefore needs a separate route that limits
//! neither the duration nor the rate of the request body:
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
