//! Probes: requests to which a healthy service responds.

use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use super::{grpc_health, http};
use crate::report::Report;

/// A request and its expected response.
pub(crate) enum Probe {
    /// A GET that expects status 200 and exactly this body.
    Http { path: String, body: String },
    /// A call of grpc.health.v1.Health/Check that expects SERVING; the empty name is the whole server.
    GrpcHealth { service: String },
}

impl Probe {
    pub(super) fn check(&self, stream: TcpStream, addr: SocketAddr, timeout: Duration, report: &mut Report) {
        match self {
            Self::Http { path, body } => {
                let (found, ok) = match http::get(stream, addr, path, timeout) {
                    Ok(response) => (
                        format!("{} {:?}", response.status, response.body),
                        response.status == 200 && response.body == *body,
                    ),
                    Err(error) => (error, false),
                };
                let hint = "fix the route, or change --probe-path and --probe-body";
                report.check(&format!("GET {path}"), format!("200 {body:?}"), found, ok, hint);
            }
            Self::GrpcHealth { service } => {
                let (found, ok) = match grpc_health::check(stream, addr, service, timeout) {
                    Ok(status) => (status.to_string(), status == grpc_health::ServingStatus::Serving),
                    Err(error) => (error, false),
                };
                let hint = "serve grpc.health.v1.Health without TLS on that port, or change --grpc-health";
                report.check(&format!("gRPC health {service:?}"), "SERVING", found, ok, hint);
            }
        }
    }
}
