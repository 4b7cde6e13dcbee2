//! Greets, over gRPC: `proto/{{crate}}/v1/{{crate}}.proto` has the service.

#![forbid(unsafe_code)]

mod greeter;

use chassis::App;
use chassis_grpc::Services;

pub use greeter::GreeterService;

/// The messages and the server that are generated from the `.proto` file.
#[allow(clippy::pedantic, missing_docs, unused_qualifications)]
pub mod v1 {
    tonic::include_proto!("{{crate}}.v1");
}

/// The service, independent of any socket.
pub fn app() -> App {
    let server = v1::greeter_server::GreeterServer::new(GreeterService);
    App::new(Services::new().service(server).into_router())
}
