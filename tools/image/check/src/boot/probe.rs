//! The request that a started service must answer.

use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use super::{grpc_health, http};
use crate::report::Report;

/// A request, and what counts as the answer of a healthy service.
pub(crate) enum Probe {
    /// A GET, answered with status 200 and exactly this body.
    Http { path: String, body: String },
    /// grpc.health.v1.Health/Check, answered with SERVING; the empty name is the whole server.
    GrpcHealth { service: String },
}

impl Probe {
    pub(super) fn check(&self, stream: TcpStream, addr: SocketAddr, limit: Duration, report: &mut Report) {
        match self {
            Self::Http { path, body } => {
                let (found, ok) = match http::get(stream, addr, path, limit) {
                    Ok(response) => (
                        format!("{} {:?}", response.status, response.body),
                        response.status == 200 && response.body == *body,
                    ),
                    Err(error) => (error, false),
                };
                let hint = "mend the route, or what --probe-path and --probe-body ask for";
                report.check(&format!("GET {path}"), format!("200 {body:?}"), found, ok, hint);
            }
            Self::GrpcHealth { service } => {
                let (found, ok) = match grpc_health::check(stream, addr, service, limit) {
                    Ok(status) => (status.to_string(), status == grpc_health::ServingStatus::Serving),
                    Err(error) => (error, false),
                };
                let hint = "serve grpc.health.v1.Health without TLS on that port, or change --grpc-health";
                report.check(&format!("gRPC health {service:?}"), "SERVING", found, ok, hint);
            }
        }
    }
}
