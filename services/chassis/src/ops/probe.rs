//! The command `healthcheck`, a probe for images without a shell.

use std::io::{ErrorKind, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::time::Duration;

const PROBE_TIMEOUT: Duration = Duration::from_secs(2);

/// Requests `/readyz` from the service on this machine.
pub(crate) fn probe(operations: SocketAddr) -> Result<(), String> {
    let check_loopback = |ip: IpAddr| check((ip, operations.port()).into());
    match operations.ip() {
        IpAddr::V4(any) if any.is_unspecified() => check_loopback(Ipv4Addr::LOCALHOST.into()),
        // A container without IPv6 can bind `::`, which also accepts IPv4, but has no `::1`.
        IpAddr::V6(any) if any.is_unspecified() => {
            check_loopback(Ipv6Addr::LOCALHOST.into()).or_else(|_| check_loopback(Ipv4Addr::LOCALHOST.into()))
        }
        _ => check(operations),
    }
}

fn check(operations: SocketAddr) -> Result<(), String> {
    let response = request(operations).map_err(|error| match error.kind() {
        // The error of a socket whose timeout has passed.
        ErrorKind::WouldBlock => format!(
            "http://{operations}/readyz: no response within {} s",
            PROBE_TIMEOUT.as_secs()
        ),
        _ => format!("http://{operations}/readyz: {error}"),
    })?;
    let (head, body) = response.split_once("\r\n\r\n").unwrap_or((&response, ""));
    match head.split(' ').nth(1) {
        Some("200") => Ok(()),
        _ => Err(format!(
            "http://{operations}/readyz: {} {body}",
            head.lines().next().unwrap_or_default()
        )),
    }
}

#[expect(clippy::disallowed_methods, reason = "the probe is a separate process")]
fn request(address: SocketAddr) -> std::io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&address, PROBE_TIMEOUT)?;
    stream.set_read_timeout(Some(PROBE_TIMEOUT))?;
    stream.set_write_timeout(Some(PROBE_TIMEOUT))?;
    stream.write_all(
        format!("GET /readyz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").as_bytes(),
    )?;
    let mut response = String::new();
    stream.take(1 << 16).read_to_string(&mut response)?;
    Ok(response)
}
