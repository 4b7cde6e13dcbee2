//! A non-blocking connection.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Instant;

use rustix::fd::{AsFd, BorrowedFd};

/// One connection, with one request at a time.
pub(super) struct Connection {
    stream: TcpStream,
    received: Vec<u8>,
    due: Option<Instant>,
}

impl AsFd for Connection {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.stream.as_fd()
    }
}

impl Connection {
    pub(super) fn open(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_nonblocking(true)?;
        Ok(Self {
            stream,
            received: Vec::new(),
            due: None,
        })
    }

    /// Whether a request is in flight.
    pub(super) fn is_busy(&self) -> bool {
        self.due.is_some()
    }

    /// Sends a request that was scheduled for `due`.
    pub(super) fn send(&mut self, request: &[u8], due: Instant) -> io::Result<()> {
        self.due = Some(due);
        self.stream.write_all(request)
    }

    /// Returns the scheduled time of the request once its response is complete; fails for a status other than 200.
    pub(super) fn receive(&mut self) -> io::Result<Option<Instant>> {
        let mut buffer = [0; 16384];
        match self.stream.read(&mut buffer) {
            Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
            Ok(count) => self.received.extend(buffer.iter().take(count)),
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(None),
            Err(error) => return Err(error),
        }
        let Some(length) = response_length(&self.received)? else {
            return Ok(None);
        };
        if self.received.len() < length {
            return Ok(None);
        }
        self.received.clear();
        Ok(self.due.take())
    }
}

/// The length of head and body, once the head is complete.
fn response_length(received: &[u8]) -> io::Result<Option<usize>> {
    const END: &[u8] = b"\r\n\r\n";
    let Some(head) = received.windows(END.len()).position(|bytes| bytes == END) else {
        return Ok(None);
    };
    let head = received.get(..head).unwrap_or_default();
    let invalid = || io::Error::new(ErrorKind::InvalidData, String::from_utf8_lossy(head));
    if !head.starts_with(b"HTTP/1.1 200 ") {
        return Err(invalid());
    }
    let body = head
        .split(|byte| *byte == b'\n')
        .find_map(content_length)
        .ok_or_else(invalid)?;
    Ok(Some(head.len() + END.len() + body))
}

fn content_length(line: &[u8]) -> Option<usize> {
    const NAME: &[u8] = b"content-length:";
    let (name, value) = line.split_at_checked(NAME.len())?;
    if !name.eq_ignore_ascii_case(NAME) {
        return None;
    }
    std::str::from_utf8(value).ok()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_response_length() {
        let response = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\na: b\r\n\r\n";
        assert_eq!(response_length(response).unwrap(), Some(response.len() + 3));
        assert_eq!(response_length(&response[..20]).unwrap(), None);
    }

    #[test]
    fn rejects_other_responses() {
        for response in [
            b"HTTP/1.1 503 Busy\r\ncontent-length: 3\r\n\r\n".as_slice(),
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n",
        ] {
            let error = response_length(response).unwrap_err().to_string();
            assert!(error.starts_with("HTTP/1.1 "), "{error}");
        }
    }
}
