//! A unary gRPC call over HTTP/2 with prior knowledge (`doc/PROTOCOL-HTTP2.md` of the repository grpc/grpc).

use std::fmt::Write;
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use h2::RecvStream;
use http::{HeaderMap, Method, Request, StatusCode};

/// Names of `grpc-status` codes (`doc/statuscodes.md` of the same repository).
const CODES: [&str; 17] = [
    "OK",
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
];

const MAX_BODY: usize = 1 << 16;

/// Size of a message's prefix: a compression flag and the length.
const PREFIX: usize = 5;

/// Calls the method at `path`; returns the response's message, or an error after `timeout`.
pub(super) fn call(
    stream: TcpStream,
    addr: SocketAddr,
    path: &str,
    message: &[u8],
    timeout: Duration,
) -> Result<Vec<u8>, String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| format!("cannot start a runtime: {error}"))?;
    runtime.block_on(async {
        tokio::time::timeout(timeout, unary(stream, addr, path, message))
            .await
            .unwrap_or_else(|_| Err(format!("no response within {} s", timeout.as_secs_f64())))
    })
}

async fn unary(stream: TcpStream, addr: SocketAddr, path: &str, message: &[u8]) -> Result<Vec<u8>, String> {
    let socket = |error: std::io::Error| error.to_string();
    let http2 = |error: h2::Error| format!("HTTP/2: {error}");
    stream.set_nonblocking(true).map_err(socket)?;
    let stream = tokio::net::TcpStream::from_std(stream).map_err(socket)?;
    let (mut client, connection) = h2::client::handshake(stream).await.map_err(http2)?;
    // The request fails with the same error.
    tokio::spawn(connection);
    let request = Request::builder()
        .method(Method::POST)
        .uri(format!("http://{addr}{path}"))
        .header("content-type", "application/grpc")
        .header("te", "trailers")
        .body(())
        .map_err(|error| error.to_string())?;
    let (response, mut body) = client.send_request(request, false).map_err(http2)?;
    body.send_data(frame(message).into(), true).map_err(http2)?;

    let response = response.await.map_err(http2)?;
    let (head, mut body) = response.into_parts();
    if head.status != StatusCode::OK {
        return Err(format!("HTTP status {}", head.status));
    }
    // A trailers-only response has the status in its headers.
    if head.headers.contains_key("grpc-status") {
        check_status(&head.headers)?;
    }
    let bytes = read(&mut body).await?;
    let trailers = body.trailers().await.map_err(http2)?.unwrap_or(head.headers);
    check_status(&trailers)?;
    unframe(&bytes)
        .map(<[u8]>::to_vec)
        .ok_or_else(|| format!("invalid response {bytes:02x?}: expected one uncompressed gRPC message"))
}

async fn read(body: &mut RecvStream) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    while let Some(data) = body.data().await {
        let data = data.map_err(|error| format!("HTTP/2: {error}"))?;
        bytes.extend_from_slice(&data);
        if bytes.len() > MAX_BODY {
            return Err(format!("response larger than {MAX_BODY} bytes"));
        }
    }
    Ok(bytes)
}

fn check_status(headers: &HeaderMap) -> Result<(), String> {
    let text = |name: &str| {
        headers
            .get(name)
            .map(|value| String::from_utf8_lossy(value.as_bytes()))
    };
    let Some(status) = text("grpc-status") else {
        return Err("response without grpc-status".to_owned());
    };
    if status == "0" {
        return Ok(());
    }
    let mut error = format!("grpc-status {status}");
    let code = status.parse().ok().and_then(|number: usize| CODES.get(number));
    if let Some(code) = code {
        let _ = write!(error, " {code}");
    }
    if let Some(message) = text("grpc-message") {
        let _ = write!(error, ": {}", percent_decode(&message));
    }
    Err(error)
}

fn frame(message: &[u8]) -> Vec<u8> {
    let length = u32::try_from(message.len()).unwrap_or(u32::MAX);
    let mut bytes = vec![0];
    bytes.extend(length.to_be_bytes());
    bytes.extend(message);
    bytes
}

fn unframe(bytes: &[u8]) -> Option<&[u8]> {
    let (prefix, message) = bytes.split_at_checked(PREFIX)?;
    (prefix == frame(message).get(..PREFIX)?).then_some(message)
}

fn percent_decode(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let decoded = (byte == b'%').then(|| after.split_at_checked(2)).flatten();
        let decoded = decoded.and_then(|(digits, after)| {
            let digits = std::str::from_utf8(digits).ok()?;
            Some((u8::from_str_radix(digits, 16).ok()?, after))
        });
        let (byte, after) = decoded.unwrap_or((byte, after));
        bytes.push(byte);
        rest = after;
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_one_message() {
        assert_eq!(frame(b"abc"), b"\0\0\0\0\x03abc");
        assert_eq!(unframe(b"\0\0\0\0\x03abc"), Some(&b"abc"[..]));
        for bytes in [&b""[..], b"\0\0\0\0", b"\x01\0\0\0\x03abc", b"\0\0\0\0\x02abc"] {
            assert_eq!(unframe(bytes), None, "{bytes:?}");
        }
    }

    #[test]
    fn decodes_messages() {
        assert_eq!(percent_decode("a%20b%C3%A9%"), "a bé%");
        assert_eq!(percent_decode("%zz%2"), "%zz%2");
    }
}
