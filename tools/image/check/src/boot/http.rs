//! As much of an HTTP client as a probe takes.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

const LARGEST: u64 = 1 << 20;

#[derive(Debug, PartialEq)]
pub(super) struct Response {
    pub(super) status: u16,
    pub(super) body: String,
}

/// Asks for `path`; the whole answer must be there within `timeout` of each read.
pub(super) fn get(
    stream: TcpStream,
    addr: SocketAddr,
    path: &str,
    timeout: Duration,
) -> Result<Response, String> {
    let mut stream = stream;
    let text = |error: std::io::Error| error.to_string();
    stream.set_read_timeout(Some(timeout)).map_err(text)?;
    // HTTP/1.0, so that the body is neither chunked nor followed by another response; in one piece, so that no part is
    // still to be sent when a service answers on the first.
    let request = format!("GET {path} HTTP/1.0\r\nHost: {addr}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).map_err(text)?;
    let mut answer = Vec::new();
    stream.take(LARGEST).read_to_end(&mut answer).map_err(text)?;
    parse(&String::from_utf8_lossy(&answer))
}

fn parse(answer: &str) -> Result<Response, String> {
    let (head, body) = answer
        .split_once("\r\n\r\n")
        .ok_or_else(|| format!("not HTTP: {answer:?}"))?;
    let mut words = head.split_ascii_whitespace();
    let status = match (words.next(), words.next().and_then(|word| word.parse().ok())) {
        (Some(version), Some(status)) if version.starts_with("HTTP/1.") => status,
        _ => return Err(format!("not HTTP: {head:?}")),
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
    fn refuses_what_is_not_http() {
        assert!(parse("").is_err());
        assert!(parse("SSH-2.0-x\r\n\r\n").is_err());
        assert!(parse("HTTP/1.1 OK\r\n\r\n").is_err());
    }
}
