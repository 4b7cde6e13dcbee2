//! The methods of the service.

use tonic::{Request, Response, Status};

use crate::v1::greeter_server::Greeter;
use crate::v1::{GreetReply, GreetRequest};

/// The service `{{crate}}.v1.Greeter`.
#[derive(Clone, Copy, Debug)]
pub struct GreeterService;

#[tonic::async_trait]
impl Greeter for GreeterService {
    async fn greet(&self, request: Request<GreetRequest>) -> Result<Response<GreetReply>, Status> {
        let name = request.into_inner().name;
        if name.is_empty() {
            return Err(Status::invalid_argument("name is empty"));
        }
        Ok(Response::new(GreetReply {
            text: format!("Hello {name}"),
        }))
    }
}
