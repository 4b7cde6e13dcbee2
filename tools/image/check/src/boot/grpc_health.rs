//! The gRPC health checking protocol (`grpc/health/v1/health.proto` of the repository grpc/grpc-proto).
//!
//! Its two messages have one field each, encoded according to <https://protobuf.dev/programming-guides/encoding/>:
//!
//! ```proto
//! message HealthCheckRequest { string service = 1; }
//! message HealthCheckResponse { ServingStatus status = 1; }
//! ```

use std::fmt;
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use super::grpc;

const CHECK: &str = "/grpc.health.v1.Health/Check";

/// Wire types, the low three bits of a tag.
const VARINT: u64 = 0;
const FIXED64: u64 = 1;
const LENGTH: u64 = 2;
const FIXED32: u64 = 5;

/// `HealthCheckResponse.ServingStatus`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum ServingStatus {
    Unknown,
    Serving,
    NotServing,
    ServiceUnknown,
    /// A number that health.proto does not define.
    Other(u64),
}

impl fmt::Display for ServingStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown => f.write_str("UNKNOWN"),
            Self::Serving => f.write_str("SERVING"),
            Self::NotServing => f.write_str("NOT_SERVING"),
            Self::ServiceUnknown => f.write_str("SERVICE_UNKNOWN"),
            Self::Other(number) => write!(f, "ServingStatus {number}"),
        }
    }
}

/// Calls `Check` for `service`.
pub(super) fn check(
    stream: TcpStream,
    addr: SocketAddr,
    service: &str,
    timeout: Duration,
) -> Result<ServingStatus, String> {
    let response = grpc::call(stream, addr, CHECK, &encode_request(service), timeout)?;
    decode_status(&response).ok_or_else(|| format!("invalid HealthCheckResponse {response:02x?}"))
}

fn encode_request(service: &str) -> Vec<u8> {
    let mut message = Vec::new();
    // proto3 omits a field with its default value.
    if !service.is_empty() {
        push_varint(&mut message, (1 << 3) | LENGTH);
        push_varint(&mut message, service.len() as u64);
        message.extend(service.as_bytes());
    }
    message
}

/// Decodes the field `status` and skips other fields; none if the message is malformed.
fn decode_status(mut message: &[u8]) -> Option<ServingStatus> {
    let mut status = 0;
    while !message.is_empty() {
        let tag = take_varint(&mut message)?;
        match (tag >> 3, tag & 7) {
            (1, VARINT) => status = take_varint(&mut message)?,
            (_, VARINT) => drop(take_varint(&mut message)?),
            (_, FIXED64) => message = message.get(8..)?,
            (_, FIXED32) => message = message.get(4..)?,
            (_, LENGTH) => {
                let length = usize::try_from(take_varint(&mut message)?).ok()?;
                message = message.get(length..)?;
            }
            _ => return None,
        }
    }
    Some(match status {
        0 => ServingStatus::Unknown,
        1 => ServingStatus::Serving,
        2 => ServingStatus::NotServing,
        3 => ServingStatus::ServiceUnknown,
        other => ServingStatus::Other(other),
    })
}

fn push_varint(message: &mut Vec<u8>, mut value: u64) {
    loop {
        let [low, ..] = value.to_le_bytes();
        value >>= 7;
        if value == 0 {
            return message.push(low);
        }
        message.push(low | 0x80);
    }
}

fn take_varint(message: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..u64::BITS).step_by(7) {
        let (byte, rest) = message.split_first()?;
        *message = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodes_the_service() {
        assert_eq!(encode_request(""), b"");
        assert_eq!(encode_request("a.B"), b"\x0a\x03a.B");
        let long = "x".repeat(300);
        assert_eq!(encode_request(&long).get(..3).unwrap(), [0x0a, 0xac, 0x02]);
    }

    #[test]
    fn decodes_the_status() {
        assert_eq!(decode_status(b""), Some(ServingStatus::Unknown));
        assert_eq!(decode_status(b"\x08\x01"), Some(ServingStatus::Serving));
        assert_eq!(decode_status(b"\x08\x02"), Some(ServingStatus::NotServing));
        assert_eq!(decode_status(b"\x08\x80\x01"), Some(ServingStatus::Other(128)));
    }

    #[test]
    fn skips_unknown_fields() {
        let message = b"\x12\x02hi\x19abcdefgh\x25abcd\x28\x07\x08\x03";
        assert_eq!(decode_status(message), Some(ServingStatus::ServiceUnknown));
    }

    #[test]
    fn rejects_malformed_messages() {
        for message in [&b"\x08"[..], b"\x08\x80", b"\x0a\x05hi", b"\x0b", &[0xff; 11]] {
            assert_eq!(decode_status(message), None, "{message:?}");
        }
    }
}
