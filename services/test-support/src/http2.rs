//! A client of HTTP/2 without TLS, by prior knowledge.

use std::net::SocketAddr;

use bytes::Bytes;
use h2::client::{Builder as Client, ResponseFuture, SendRequest};
use h2::RecvStream;
use http::Request;
use tokio::net::TcpStream;
use tokio::runtime::Builder;
use tokio::sync::oneshot;
use tokio::task::{spawn_blocking, JoinHandle};
use tokio::time::timeout;

use crate::TIMEOUT;

const DEFAULT_WINDOW: u32 = 65_535;

/// A connection. It runs on its own thread, because a test blocks its thread while it waits for a log line.
#[derive(Debug)]
pub struct Connection {
    /// Sends requests.
    pub requests: SendRequest<Bytes>,
    driver: JoinHandle<()>,
}

impl Connection {
    /// Connects.
    pub async fn open(address: SocketAddr) -> Self {
        Self::open_with_window(address, DEFAULT_WINDOW).await
    }

    /// Connects; `window` is the initial flow-control window of each stream, in bytes.
    pub async fn open_with_window(address: SocketAddr, window: u32) -> Self {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let (sender, opened) = oneshot::channel();
        let driver = spawn_blocking(move || {
            runtime.block_on(async {
                let stream = TcpStream::connect(address).await.unwrap();
                let client = Client::new().initial_window_size(window).handshake(stream);
                let (requests, connection) = client.await.unwrap();
                sender.send(requests).unwrap();
                let _ = connection.await;
            });
        });
        Self {
            requests: timeout(TIMEOUT, opened).await.unwrap().unwrap(),
            driver,
        }
    }

    /// Sends a request.
    pub async fn send(&mut self, request: Request<()>, body: Option<&[u8]>) -> ResponseFuture {
        self.requests = self.requests.clone().ready().await.unwrap();
        let (response, mut stream) = self.requests.send_request(request, body.is_none()).unwrap();
        if let Some(body) = body {
            // Fails if the server has already responded to the head and reset the stream.
            let _ = stream.send_data(Bytes::copy_from_slice(body), true);
        }
        response
    }

    /// Sends a GET request.
    pub async fn get(&mut self, path: &str) -> ResponseFuture {
        let request = Request::get(format!("http://localhost{path}"));
        self.send(request.body(()).unwrap(), None).await
    }

    /// Waits until the server closes the connection.
    pub async fn closed(self) {
        timeout(TIMEOUT, self.driver).await.unwrap().unwrap();
    }
}

/// Reads the status and the body of a response.
pub async fn read(response: ResponseFuture) -> (u16, String) {
    let (head, mut body) = wait(response).await.into_parts();
    let mut text = String::new();
    while let Some(data) = next_data(&mut body).await {
        let data = data.unwrap();
        body.flow_control().release_capacity(data.len()).unwrap();
        text.push_str(std::str::from_utf8(&data).unwrap());
    }
    (head.status.as_u16(), text)
}

/// Waits for the head of a response.
pub async fn wait(response: ResponseFuture) -> http::Response<RecvStream> {
    timeout(TIMEOUT, response).await.unwrap().unwrap()
}

/// Waits for the next part of a body; `None` at its end. The caller releases its flow-control capacity.
pub async fn next_data(body: &mut RecvStream) -> Option<Result<Bytes, h2::Error>> {
    timeout(TIMEOUT, body.data()).await.unwrap()
}
