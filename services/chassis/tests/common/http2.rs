//! A client of HTTP/2 without TLS.

use axum::body::Bytes;
use axum::http::Request;
use h2::client::{Builder as Client, ResponseFuture, SendRequest};
use h2::RecvStream;
use tokio::net::TcpStream;
use tokio::runtime::Builder;
use tokio::sync::oneshot;
use tokio::task::{spawn_blocking, JoinHandle};
use tokio::time::timeout;

use super::{Fixture, DEADLINE};

pub struct Connection {
    pub requests: SendRequest<Bytes>,
    end: JoinHandle<()>,
}

impl Connection {
    /// It lives on a thread of its own: a test may wait for the service's log on its own.
    pub async fn open(fixture: &Fixture) -> Self {
        Self::open_with_window(fixture, 65_535).await
    }

    /// With the window of each stream, in bytes.
    pub async fn open_with_window(fixture: &Fixture, window: u32) -> Self {
        let service = fixture.service;
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let (hand_over, opened) = oneshot::channel();
        let end = spawn_blocking(move || {
            runtime.block_on(async {
                let stream = TcpStream::connect(service).await.unwrap();
                let client = Client::new().initial_window_size(window).handshake(stream);
                let (requests, connection) = client.await.unwrap();
                hand_over.send(requests).unwrap();
                let _ = connection.await;
            });
        });
        Self {
            requests: timeout(DEADLINE, opened).await.unwrap().unwrap(),
            end,
        }
    }

    pub async fn send(&mut self, request: Request<()>, body: Option<&'static str>) -> ResponseFuture {
        self.requests = self.requests.clone().ready().await.unwrap();
        let (answer, mut stream) = self.requests.send_request(request, body.is_none()).unwrap();
        if let Some(body) = body {
            stream.send_data(body.into(), true).unwrap();
        }
        answer
    }

    pub async fn get(&mut self, path: &str) -> ResponseFuture {
        self.send(
            Request::get(format!("http://localhost{path}")).body(()).unwrap(),
            None,
        )
        .await
    }

    /// Waits until the service closes the connection.
    pub async fn closed(self) {
        timeout(DEADLINE, self.end).await.unwrap().unwrap();
    }
}

/// Status and body.
pub async fn read(answer: ResponseFuture) -> (u16, String) {
    let (head, mut body) = timeout(DEADLINE, answer).await.unwrap().unwrap().into_parts();
    let mut text = String::new();
    while let Some(data) = next(&mut body).await {
        let data = data.unwrap();
        body.flow_control().release_capacity(data.len()).unwrap();
        text.push_str(std::str::from_utf8(&data).unwrap());
    }
    (head.status.as_u16(), text)
}

pub async fn next(body: &mut RecvStream) -> Option<Result<Bytes, h2::Error>> {
    timeout(DEADLINE, body.data()).await.unwrap()
}
