//! The variables of the server.

use std::time::Duration;

use chassis_env::{named_setting, settings};
use ipnet::IpNet;

use crate::descriptors::default_max_connections;

settings! {
    /// Limits on the resources that clients use.
    #[derive(Clone, Copy, Debug)]
    pub struct Limits {
        header_read: Duration = "HEADER_READ_TIMEOUT", Duration::from_secs(10), in MILLISECOND..=HOUR,
            "time to receive the head of a request";
        keep_alive: Duration = "KEEP_ALIVE_TIMEOUT", Duration::from_secs(75), in MILLISECOND..=HOUR,
            "time that a connection may be idle";
        request: Duration = "REQUEST_TIMEOUT", Duration::from_secs(30), in MILLISECOND..=HOUR,
            "time from the head of a request to the head of its response";
        send: Duration = "SEND_TIMEOUT", request, in MILLISECOND..=HOUR,
            "time for a client to read the next chunk of a response; default: REQUEST_TIMEOUT";
        /// In bytes per second; 0 for no minimum.
        min_rate: u64 = "MIN_DATA_RATE", 240, in 0..=1 << 30,
            "minimum rate of a body in bytes per second, after 5 s; 0 for no minimum";
        body: u64 = "MAX_BODY_BYTES", 1 << 20, in 0..=1 << 40,
            "maximum size of a request body";
        header_bytes: u32 = "MAX_HEADER_BYTES", 16384, in MIN_HEADER_BYTES..=1 << 20,
            "maximum size of the head of a request";
        headers: usize = "MAX_HEADERS", 100, in 1..=MAX_HEADER_FIELDS,
            "maximum number of header fields of a request";
        unsent: usize = "MAX_UNSENT_BYTES", 1 << 20, in 1..=1 << 40,
            "unsent response bytes of a connection above which its next request waits";
        requests: usize = "MAX_REQUESTS", 1024, in 1..=1 << 20,
            "maximum number of concurrent requests; excess requests get 503";
        connections: u32 = "MAX_CONNECTIONS", default_max_connections(), in 1..=1 << 20,
            "maximum number of concurrent connections; excess connections wait to be accepted";
    }
}

settings! {
    /// The trusted proxies and the header in which they forward the client's address.
    #[derive(Clone, Debug)]
    pub struct Proxies {
        trusted: Vec<IpNet> = "TRUSTED_PROXIES", Vec::new(),
            "networks of trusted proxies, separated by commas";
        header: ForwardedHeader = "FORWARDED_HEADER", ForwardedHeader::XForwardedFor,
            "header that the trusted proxies set: x-forwarded-for or forwarded";
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ForwardedHeader {
    /// RFC 7239.
    Forwarded,
    XForwardedFor,
}

const MILLISECOND: Duration = Duration::from_millis(1);
/// Upper bound of duration variables.
pub const HOUR: Duration = Duration::from_hours(1);

/// `http::HeaderMap` panics if hyper reserves space for more than 24576 fields.
const MAX_HEADER_FIELDS: usize = 1 << 14;

/// The minimum of hyper's `max_buf_size`.
const MIN_HEADER_BYTES: u32 = 8192;

named_setting!(ForwardedHeader: "x-forwarded-for" => Self::XForwardedFor, "forwarded" => Self::Forwarded);
