//! gRPC calls with encoded messages. tonic's client would add features of crates that services link.

use bytes::Bytes;
use h2::client::ResponseFuture;
use h2::RecvStream;
use http::{HeaderMap, Request};
use percent_encoding::percent_decode_str;
use tokio::time::timeout;

use crate::http2::{next_data, wait, Connection};
use crate::TIMEOUT;

/// The compression flag and the length before each message.
const PREFIX: usize = 5;

/// Sends a call with one message.
pub async fn call(
    connection: &mut Connection,
    path: &str,
    headers: &[(&str, &str)],
    message: &[u8],
) -> ResponseFuture {
    let mut request = Request::post(format!("http://localhost{path}"))
        .header("content-type", "application/grpc")
        .header("te", "trailers");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let length = u32::try_from(message.len()).unwrap().to_be_bytes();
    let body = [&[0], &length[..], message].concat();
    connection.send(request.body(()).unwrap(), Some(&body)).await
}

/// The response to a call.
#[derive(Debug)]
pub struct Response {
    headers: HeaderMap,
    body: RecvStream,
    buffer: Vec<u8>,
}

/// The status of a call.
#[derive(Debug)]
pub struct Status {
    /// The value of `grpc-status`.
    pub code: i32,
    /// The value of `grpc-message`, or the empty string.
    pub message: String,
    /// Whether the status was in the headers, without a body.
    pub trailers_only: bool,
}

impl Response {
    /// Waits for the headers.
    pub async fn new(response: ResponseFuture) -> Self {
        let (head, body) = wait(response).await.into_parts();
        assert_eq!(head.status, 200);
        assert_eq!(
            head.headers.get("content-type").map(AsRef::as_ref),
            Some(&b"application/grpc"[..])
        );
        Self {
            headers: head.headers,
            body,
            buffer: Vec::new(),
        }
    }

    /// Waits for the next message; `None` after the last one.
    pub async fn next_message(&mut self) -> Option<Vec<u8>> {
        loop {
            if let Some(([_, length @ ..], rest)) = self.buffer.split_first_chunk::<PREFIX>() {
                let length = usize::try_from(u32::from_be_bytes(*length)).unwrap();
                if let Some((message, rest)) = rest.split_at_checked(length) {
                    let message = message.to_vec();
                    self.buffer = rest.to_vec();
                    return Some(message);
                }
            }
            let data = self.receive().await?;
            self.buffer.extend_from_slice(&data);
        }
    }

    async fn receive(&mut self) -> Option<Bytes> {
        let data = next_data(&mut self.body).await?.unwrap();
        self.body.flow_control().release_capacity(data.len()).unwrap();
        Some(data)
    }

    /// Discards the remaining messages and waits for the status.
    pub async fn status(mut self) -> Status {
        while self.receive().await.is_some() {}
        let trailers = timeout(TIMEOUT, self.body.trailers()).await.unwrap().unwrap();
        let headers = trailers.as_ref().unwrap_or(&self.headers);
        let text = |name| headers.get(name).map_or("", |value| value.to_str().unwrap());
        let message = percent_decode_str(text("grpc-message"));
        Status {
            code: text("grpc-status").parse().unwrap(),
            message: message.decode_utf8().unwrap().into_owned(),
            trailers_only: trailers.is_none(),
        }
    }
}
