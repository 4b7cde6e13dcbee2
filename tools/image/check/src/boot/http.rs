//! A minimal HTTP client for probes.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

const MAX_RESPONSE: u64 = 1 << 20;

#[derive(Debug, PartialEq)]
pub(super) struct Response {
    pub(super) status: u16,
    pub(super) body: String,
}

/// Requests `path`; `timeout` applies to each read.
pub(super) fn get(
    stream: TcpStream,
    addr: SocketAddr,
    path: &str,
    timeout: Duration,
) -> Result<Response, String> {
    let mut stream = stream;
    let text = |error: std::io::Error| error.to_string();
    stream.set_read_timeout(Some(timeout)).map_err(text)?;
    // HTTP/1.0: the body is not chunked and ends with the connection. One write: the service may respond before it has
    // read everything.
    let request = format!("GET {path} HTTP/1.0\r\nHost: {addr}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).map_err(text)?;
    let mut response = Vec::new();
    stream
        .take(MAX_RESPONSE)
        .read_to_end(&mut response)
        .map_err(text)?;
    parse(&String::from_utf8_lossy(&response))
}

fn parse(response: &str) -> Result<Response, String> {
    let (head, body) = response
        .split_once("\r\n\r\n")
        .ok_or_else(|| format!("invalid HTTP response {response:?}"))?;
    let mut tokens = head.split_ascii_whitespace();
    let status = match (tokens.next(), tokens.next().and_then(|token| token.parse().ok())) {
        (Some(version), Some(status)) if version.starts_with("HTTP/1.") => status,
        _ => return Err(format!("invalid HTTP response {head:?}")),
    };
    Ok(Response {
        status,
        body: body.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_status_and_body() {
        let response = parse("HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\nHi").unwrap();
        assert_eq!(
            response,
            Response {
                status: 200,
                body: "Hi".to_owned()
            }
        );
    }

    #[test]
    fn rejects_invalid_responses() {
        assert!(parse("").is_err());
        assert!(parse("SSH-2.0-x\r\n\r\n").is_err());
        assert!(parse("HTTP/1.1 OK\r\n\r\n").is_err());
    }
}
