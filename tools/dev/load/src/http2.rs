//! A minimal HTTP/2 client that ignores the server's settings and flow control.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
const READ_TIMEOUT: Duration = Duration::from_secs(5);
/// After this time without a read by the server, it applies backpressure.
const WRITE_TIMEOUT: Duration = Duration::from_millis(200);
const FRAME_HEADER_BYTES: usize = 9;

pub(crate) const DATA: u8 = 0;
pub(crate) const HEADERS: u8 = 1;
pub(crate) const RST_STREAM: u8 = 3;
pub(crate) const SETTINGS: u8 = 4;
pub(crate) const PING: u8 = 6;
pub(crate) const CONTINUATION: u8 = 9;

pub(crate) const END_STREAM: u8 = 1;
pub(crate) const END_HEADERS: u8 = 4;

pub(crate) const INITIAL_WINDOW_SIZE: u16 = 4;
pub(crate) const CANCEL: u32 = 8;

/// Encodes a frame.
pub(crate) fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let [_, length @ ..] = u32::try_from(payload.len()).unwrap_or(u32::MAX).to_be_bytes();
    let mut bytes = length.to_vec();
    bytes.extend([kind, flags]);
    bytes.extend(stream.to_be_bytes());
    bytes.extend(payload);
    bytes
}

/// Encodes the payload of a SETTINGS frame.
pub(crate) fn setting(name: u16, value: u32) -> Vec<u8> {
    [name.to_be_bytes().as_slice(), value.to_be_bytes().as_slice()].concat()
}

/// Encodes the header block of a request with HPACK (RFC 7541), without a dynamic table or Huffman codes.
pub(crate) fn request(method: &str, path: &str) -> Vec<u8> {
    const METHOD: u8 = 2;
    const PATH: u8 = 4;
    const AUTHORITY: u8 = 1;
    const SCHEME_HTTP: u8 = 0x86;
    let mut block = vec![SCHEME_HTTP];
    for (name, value) in [(METHOD, method), (PATH, path), (AUTHORITY, "localhost")] {
        block.push(name);
        block.extend(string(value));
    }
    block.extend(header("content-type", "application/json"));
    block
}

/// Encodes a header with a literal name.
pub(crate) fn header(name: &str, value: &str) -> Vec<u8> {
    [vec![0], string(name), string(value)].concat()
}

/// Encodes a string literal: its length with a prefix of seven bits, then its bytes.
fn string(text: &str) -> Vec<u8> {
    const PREFIX_MAX: usize = 0x7f;
    let low_bits = |value: usize| u8::try_from(value & 0x7f).unwrap_or_default();
    let mut bytes = Vec::new();
    match text.len().checked_sub(PREFIX_MAX) {
        None => bytes.push(low_bits(text.len())),
        Some(mut rest) => {
            bytes.push(low_bits(PREFIX_MAX));
            while rest > 0x7f {
                bytes.push(0x80 | low_bits(rest));
                rest >>= 7;
            }
            bytes.push(low_bits(rest));
        }
    }
    bytes.extend(text.as_bytes());
    bytes
}

/// A connection.
pub(crate) struct Http2 {
    stream: TcpStream,
    next_stream: u32,
}

impl Http2 {
    /// Connects with `settings`, the payload of a SETTINGS frame.
    pub(crate) fn connect(address: SocketAddr, settings: &[u8]) -> io::Result<Self> {
        let mut stream = TcpStream::connect_timeout(&address, CONNECT_TIMEOUT)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(READ_TIMEOUT))?;
        stream.set_write_timeout(Some(WRITE_TIMEOUT))?;
        stream.write_all(&[PREFACE, &frame(SETTINGS, 0, 0, settings)].concat())?;
        Ok(Self {
            stream,
            next_stream: 1,
        })
    }

    /// Returns the id of a new stream.
    pub(crate) fn open_stream(&mut self) -> u32 {
        let id = self.next_stream;
        self.next_stream += 2;
        id
    }

    pub(crate) fn send(&mut self, frames: &[u8]) -> io::Result<()> {
        self.stream.write_all(frames)
    }

    /// Discards received bytes; fails once the server has closed the connection.
    pub(crate) fn discard_received(&mut self) -> io::Result<()> {
        self.stream.set_nonblocking(true)?;
        let discarded = loop {
            match self.stream.read(&mut [0; 16384]) {
                Ok(0) => break Err(ErrorKind::UnexpectedEof.into()),
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => break Ok(()),
                Err(error) => break Err(error),
            }
        };
        self.stream.set_nonblocking(false)?;
        discarded
    }

    /// Waits for the response headers on `stream`.
    pub(crate) fn await_response(&mut self, stream: u32) -> io::Result<()> {
        loop {
            let mut head = [0; FRAME_HEADER_BYTES];
            self.stream.read_exact(&mut head)?;
            let [high, middle, low, kind, _, id @ ..] = head;
            let length = u32::from_be_bytes([0, high, middle, low]);
            io::copy(
                &mut Read::by_ref(&mut self.stream).take(length.into()),
                &mut io::sink(),
            )?;
            if kind == HEADERS && u32::from_be_bytes(id) == stream {
                return Ok(());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodes_frames() {
        assert_eq!(
            frame(PING, 1, 0, b"12345678"),
            b"\0\0\x08\x06\x01\0\0\0\x0012345678"
        );
        let settings = frame(SETTINGS, 0, 0, &setting(INITIAL_WINDOW_SIZE, 1));
        assert_eq!(settings, [0, 0, 6, 4, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 1]);
    }

    #[test]
    fn encodes_header_blocks() {
        assert!(request("GET", "/a").starts_with(b"\x86\x02\x03GET\x04\x02/a\x01\x09localhost"));
        assert_eq!(header("a", "bc"), b"\0\x01a\x02bc");
    }

    #[test]
    fn encodes_long_strings() {
        // RFC 7541, 5.1: 127 is the prefix and a zero, 1337 = 127 + 1210 the prefix and two bytes more.
        assert!(string(&"a".repeat(126)).starts_with(&[126, b'a']));
        assert!(string(&"a".repeat(127)).starts_with(&[127, 0, b'a']));
        assert!(string(&"a".repeat(1337)).starts_with(&[127, 0xba, 0x09, b'a']));
    }
}
