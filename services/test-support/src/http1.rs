//! A client of HTTP/1.1 that can also send malformed requests, which hyper's cannot.

use std::fmt::Write as _;
use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::TIMEOUT;

const MAX_HEADERS: usize = 32;

/// A connection.
#[derive(Debug)]
pub struct Client {
    stream: BufReader<TcpStream>,
}

/// A response with its whole body.
#[derive(Debug)]
pub struct Response {
    /// The status code.
    pub status: u16,
    headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
}

impl Client {
    /// Connects.
    pub fn connect(address: SocketAddr) -> Self {
        Self::try_connect(address).unwrap()
    }

    /// Connects; each read and write is limited to [`TIMEOUT`].
    pub fn try_connect(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(TIMEOUT))?;
        stream.set_write_timeout(Some(TIMEOUT))?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream: BufReader::new(stream),
        })
    }

    /// Sends bytes.
    pub fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.try_send(bytes).unwrap();
    }

    /// Sends bytes.
    pub fn try_send(&mut self, bytes: impl AsRef<[u8]>) -> io::Result<()> {
        self.stream.get_mut().write_all(bytes.as_ref())
    }

    /// Sends a request, with `content-length` if it has a body.
    pub fn request(&mut self, method: &str, path: &str, headers: &[(&str, &str)], body: Option<&str>) {
        self.try_request(method, path, headers, body).unwrap();
    }

    /// Sends a request, with `content-length` if it has a body.
    pub fn try_request(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&str>,
    ) -> io::Result<()> {
        let mut text = format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\n");
        for (name, value) in headers {
            let _ = write!(text, "{name}: {value}\r\n");
        }
        if let Some(body) = body {
            let _ = write!(text, "content-length: {}\r\n", body.len());
        }
        self.try_send(format!("{text}\r\n{}", body.unwrap_or_default()))
    }

    /// Sends a GET request and reads the response.
    pub fn get(&mut self, path: &str) -> Response {
        self.request("GET", path, &[], None);
        self.response()
    }

    /// Sends a POST request and reads the response.
    pub fn post(&mut self, path: &str, headers: &[(&str, &str)], body: &str) -> Response {
        self.request("POST", path, headers, Some(body));
        self.response()
    }

    /// Reads the next response.
    pub fn response(&mut self) -> Response {
        self.try_response()
            .unwrap_or_else(|error| panic!("no response: {error}"))
    }

    /// Reads the next response.
    ///
    /// # Errors
    ///
    /// If the connection fails or is closed before the end of the response, or the response is malformed.
    pub fn try_response(&mut self) -> io::Result<Response> {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            if self.stream.read_until(b'\n', &mut head)? == 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
        }
        let mut response = parse_head(&head)?;
        response.body = if response.header("transfer-encoding").is_some() {
            self.read_chunks()?
        } else {
            let length = response.header("content-length").unwrap_or("0");
            self.read_body(length.parse().map_err(invalid)?)?
        };
        Ok(response)
    }

    fn read_chunks(&mut self) -> io::Result<String> {
        let mut body = String::new();
        loop {
            let mut size = String::new();
            self.stream.read_line(&mut size)?;
            let size = usize::from_str_radix(size.trim_end(), 16).map_err(invalid)?;
            body += &self.read_body(size)?;
            if self.read_body(2)? != "\r\n" {
                return Err(invalid("no line end after a chunk"));
            }
            if size == 0 {
                return Ok(body);
            }
        }
    }

    fn read_body(&mut self, length: usize) -> io::Result<String> {
        let mut bytes = vec![0; length];
        self.stream.read_exact(&mut bytes)?;
        String::from_utf8(bytes).map_err(invalid)
    }

    /// Reads until the server closes the connection.
    pub fn read_to_end(&mut self) -> Vec<u8> {
        let mut received = Vec::new();
        match self.stream.read_to_end(&mut received) {
            Ok(_) => {}
            // The server closed the connection with unread bytes.
            Err(error) if error.kind() == ErrorKind::ConnectionReset => {}
            Err(error) => panic!("the connection was not closed: {error}"),
        }
        received
    }

    /// Waits until the server closes the connection, and asserts that it sends nothing before.
    pub fn assert_closed(&mut self) {
        let received = self.read_to_end();
        assert!(received.is_empty(), "{}", String::from_utf8_lossy(&received));
    }

    /// Shuts down the writing side.
    pub fn shutdown_write(&mut self) {
        self.stream.get_mut().shutdown(Shutdown::Write).unwrap();
    }

    /// Waits for bytes to read without consuming them.
    pub fn wait_readable(&mut self) {
        assert!(!self.stream.fill_buf().unwrap().is_empty(), "closed");
    }
}

fn parse_head(head: &[u8]) -> io::Result<Response> {
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut parsed = httparse::Response::new(&mut headers);
    parsed.parse(head).map_err(invalid)?;
    let status = parsed.code.ok_or_else(|| invalid("no status"))?;
    let headers = parsed.headers.iter().map(|header| {
        let value = String::from_utf8_lossy(header.value).into_owned();
        (header.name.to_ascii_lowercase(), value)
    });
    Ok(Response {
        status,
        headers: headers.collect(),
        body: String::new(),
    })
}

fn invalid(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, error)
}

impl Response {
    /// The first value of a header; `name` is in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        headers
            .find(|header| header.0 == name)
            .map(|header| header.1.as_str())
    }

    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// Asserts that this is an RFC 9457 problem with this status; returns its detail, or the empty string.
    pub fn assert_problem(&self, status: u16) -> String {
        assert_eq!(self.status, status, "{self:?}");
        assert_eq!(
            self.header("content-type"),
            Some("application/problem+json"),
            "{self:?}"
        );
        let json = self.json();
        assert_eq!(json["status"], status, "{self:?}");
        assert!(json["title"].is_string(), "{self:?}");
        json["detail"].as_str().unwrap_or_default().to_owned()
    }
}

/// Sends bytes on a new connection, keeps its writing side open, and returns all received bytes once the server has closed
/// it; `None` if it is still open after `timeout`.
pub fn exchange(address: SocketAddr, bytes: &[u8], timeout: Duration) -> Option<Vec<u8>> {
    let deadline = Instant::now() + timeout;
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_write_timeout(Some(timeout)).unwrap();
    // A server may close the connection before it has read everything.
    let _ = stream.write_all(bytes);
    let (mut received, mut buffer) = (Vec::new(), [0; 4096]);
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return None;
        }
        stream.set_read_timeout(Some(left)).unwrap();
        match stream.read(&mut buffer) {
            Ok(0) => return Some(received),
            Ok(count) => received.extend(buffer.iter().take(count)),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            Err(_) => return Some(received),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::thread;

    use super::*;

    fn receive(response: &'static str) -> io::Result<Response> {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut client = Client::connect(listener.local_addr().unwrap());
        let server = thread::spawn(move || listener.accept().unwrap().0.write_all(response.as_bytes()));
        server.join().unwrap().unwrap();
        client.try_response()
    }

    #[test]
    fn reads_both_body_framings() {
        for response in [
            "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nbod\r\n1\r\ny\r\n0\r\n\r\n",
        ] {
            let response = receive(response).unwrap();
            assert_eq!((response.status, response.body.as_str()), (200, "body"));
        }
    }

    #[test]
    fn rejects_truncated_responses() {
        for response in [
            "",
            "HTTP/1.1 200 OK\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nbod",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nbod\r\n",
        ] {
            assert!(receive(response).is_err(), "{response:?}");
        }
    }

    #[test]
    fn exchange_reports_open_connections() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let accepted = thread::spawn(move || listener.accept().unwrap());
        assert_eq!(exchange(address, b"", Duration::from_millis(200)), None);
        drop(accepted.join().unwrap());
    }
}
