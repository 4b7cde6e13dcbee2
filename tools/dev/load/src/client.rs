//! An HTTP/1.1 client with keep-alive.

use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

const TIMEOUT: Duration = Duration::from_secs(10);

/// A persistent connection.
pub(crate) struct Client {
    stream: BufReader<TcpStream>,
    closing: bool,
}

impl Client {
    pub(crate) fn connect(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect_timeout(&address, TIMEOUT)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(TIMEOUT))?;
        stream.set_write_timeout(Some(TIMEOUT))?;
        Ok(Self {
            stream: BufReader::new(stream),
            closing: false,
        })
    }

    /// Sends a GET request and returns the status and the length of the body.
    pub(crate) fn get(&mut self, path: &str) -> io::Result<(u16, usize)> {
        let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n");
        self.stream.get_mut().write_all(request.as_bytes())?;
        let status = self
            .line()?
            .split(' ')
            .nth(1)
            .and_then(|status| status.parse().ok())
            .ok_or_else(|| io::Error::new(ErrorKind::InvalidData, "no status line"))?;
        let mut length = None;
        loop {
            let line = self.line()?.to_ascii_lowercase();
            if line.is_empty() {
                break;
            }
            if let Some(value) = line.strip_prefix("content-length:") {
                length = value.trim().parse().ok();
            }
            self.closing |= line
                .strip_prefix("connection:")
                .is_some_and(|value| value.trim() == "close");
        }
        let length = length.ok_or_else(|| io::Error::new(ErrorKind::InvalidData, "no content-length"))?;
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body)?;
        Ok((status, length))
    }

    /// Whether a response had `connection: close`.
    pub(crate) fn is_closing(&self) -> bool {
        self.closing
    }

    /// Whether the server has closed the connection.
    pub(crate) fn is_closed(&self) -> bool {
        is_closed(self.stream.get_ref())
    }

    fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        if self.stream.read_line(&mut line)? == 0 {
            return Err(io::Error::new(
                ErrorKind::UnexpectedEof,
                "closed without a response",
            ));
        }
        Ok(line.trim_end().to_owned())
    }
}

/// Whether the peer has closed a connection without requests in flight.
pub(crate) fn is_closed(stream: &TcpStream) -> bool {
    let _ = stream.set_nonblocking(true);
    let peeked = stream.peek(&mut [0]);
    let _ = stream.set_nonblocking(false);
    match peeked {
        Ok(count) => count == 0,
        Err(error) => error.kind() != ErrorKind::WouldBlock,
    }
}
