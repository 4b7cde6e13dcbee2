//! Greets clients over gRPC, as defined in `proto/{{crate}}/v1/{{crate}}.proto`.

#![forbid(unsafe_code)]

mod greeter;

use chassis::App;
use chassis_grpc::Services;

pub use greeter::GreeterService;

/// Messages and server, generated from the `.proto` file.
#[allow(clippy::pedantic, missing_docs, unused_qualifications)]
pub mod v1 {
    tonic::include_proto!("{{crate}}.v1");
}

/// Returns the application, independent of sockets.
pub fn app() -> App {
    let server = v1::greeter_server::GreeterServer::new(GreeterService);
    App::new(Services::new().service(server).into_router())
}
