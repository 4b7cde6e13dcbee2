//! Tests the methods without a socket.

#![allow(clippy::unwrap_used, missing_docs)]

use tonic::{Code, Request, Status};

use {{crate}}::v1::greeter_server::Greeter;
use {{crate}}::v1::GreetRequest;
use {{crate}}::GreeterService;

async fn greet(name: &str) -> Result<String, Status> {
    let name = name.to_owned();
    let request = Request::new(GreetRequest { name });
    let reply = GreeterService.greet(request).await?;
    Ok(reply.into_inner().text)
}

#[tokio::test]
async fn greets_by_name() {
    assert_eq!(greet("World").await.unwrap(), "Hello World");
}

#[tokio::test]
async fn rejects_empty_names() {
    assert_eq!(greet("").await.unwrap_err().code(), Code::InvalidArgument);
}
