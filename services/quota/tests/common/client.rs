//! A gRPC client by hand: tonic's would link into the service what only tests need, since features are united.

use axum::body::Bytes;
use axum::http::{HeaderMap, Request};
use h2::client::{handshake, SendRequest};
use h2::RecvStream;
use prost::Message;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tonic::Status;

use super::{Program, DEADLINE};

pub struct Client(SendRequest<Bytes>);

/// The reply to a call, as a stream of messages.
pub struct Reply {
    headers: HeaderMap,
    body: RecvStream,
    buffer: Vec<u8>,
}

impl Client {
    pub async fn connect(program: &Program) -> Self {
        let stream = TcpStream::connect(program.address).await.unwrap();
        let (requests, connection) = handshake(stream).await.unwrap();
        tokio::spawn(connection);
        Self(requests)
    }

    pub async fn send(&mut self, path: &str, request: &impl Message, headers: &[(&str, &str)]) -> Reply {
        let mut head = Request::post(format!("http://localhost{path}"))
            .header("content-type", "application/grpc")
            .header("te", "trailers");
        for (name, value) in headers {
            head = head.header(*name, *value);
        }
        self.0 = self.0.clone().ready().await.unwrap();
        let (answer, mut stream) = self.0.send_request(head.body(()).unwrap(), false).unwrap();
        let message = request.encode_to_vec();
        let length = u32::try_from(message.len()).unwrap().to_be_bytes();
        let framed = [&[0], &length[..], &message].concat();
        stream.send_data(framed.into(), true).unwrap();
        let (head, body) = timeout(DEADLINE, answer).await.unwrap().unwrap().into_parts();
        assert_eq!(head.status.as_u16(), 200);
        Reply {
            headers: head.headers,
            body,
            buffer: Vec::new(),
        }
    }
}

impl Reply {
    /// The next message; `None` at the end.
    pub async fn next<M: Message + Default>(&mut self) -> Option<M> {
        loop {
            if let Some((head, rest)) = self.buffer.split_at_checked(5) {
                let length = u32::from_be_bytes(head[1..].try_into().unwrap()) as usize;
                if let Some((message, rest)) = rest.split_at_checked(length) {
                    let message = M::decode(message).unwrap();
                    self.buffer = rest.to_vec();
                    return Some(message);
                }
            }
            let data = timeout(DEADLINE, self.body.data()).await.unwrap()?.unwrap();
            self.body.flow_control().release_capacity(data.len()).unwrap();
            self.buffer.extend_from_slice(&data);
        }
    }

    /// Code and message, after the last message.
    pub async fn status(mut self) -> (i32, String) {
        let trailers = timeout(DEADLINE, self.body.trailers()).await.unwrap().unwrap();
        let status = Status::from_header_map(&trailers.unwrap_or(self.headers)).unwrap();
        (status.code().into(), status.message().to_owned())
    }
}

/// A call with one message in each direction; or its code and message.
pub async fn call<M: Message + Default>(
    client: &mut Client,
    path: &str,
    request: &impl Message,
) -> Result<M, (i32, String)> {
    let mut reply = client.send(path, request, &[]).await;
    let message = reply.next().await;
    match reply.status().await {
        (0, _) => Ok(message.unwrap()),
        status => Err(status),
    }
}
