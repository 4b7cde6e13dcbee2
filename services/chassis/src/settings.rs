//! The variables of every service.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::num::NonZero;
use std::thread;
use std::time::Duration;

use chassis_env::{named_setting, settings};
use chassis_telemetry::log::LogSettings;
use ipnet::IpNet;

use crate::descriptors::default_max_connections;

settings! {
    #[derive(Clone, Debug)]
    pub(crate) struct Settings(default_port: u16) {
        host: IpAddr = "HOST", unspecified_address(),
            "address that the service listens on";
        port: u16 = "PORT", default_port,
            "TCP port of the service; 0 selects a free port";
        operations_host: IpAddr = "OPS_HOST", host,
            "address that the operations port listens on; default: HOST";
        operations_port: Option<u16> = "OPS_PORT", Some(9090),
            "TCP port of /livez, /readyz, /metrics, /version, /log-level; 0 selects a free port, off disables it";
        worker_threads: usize = "WORKER_THREADS", two_per_core(), in 1..=MAX_THREADS,
            "worker threads; default: two per core";
        ..limits: Limits;
        ..proxies: Proxies;
        ..drain: Drain;
        ..log: LogSettings;
    }
}

settings! {
    /// Limits on the resources that clients use.
    #[derive(Clone, Copy, Debug)]
    pub(crate) struct Limits {
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
        headers: usize = "MAX_HEADERS", 100, in 1..=1 << 15,
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
    pub(crate) struct Proxies {
        trusted: Vec<IpNet> = "TRUSTED_PROXIES", Vec::new(),
            "networks of trusted proxies, separated by commas";
        header: ForwardedHeader = "FORWARDED_HEADER", ForwardedHeader::XForwardedFor,
            "header that the trusted proxies set: x-forwarded-for or forwarded";
    }
}

settings! {
    /// The durations of a shutdown. The sum of the defaults is less than the 10 s after which Docker kills a container.
    #[derive(Clone, Copy, Debug)]
    pub(crate) struct Drain {
        grace: Duration = "DRAIN_GRACE", Duration::from_secs(3), in Duration::ZERO..=HOUR,
            "time to keep serving after SIGTERM, while not ready";
        timeout: Duration = "DRAIN_TIMEOUT", Duration::from_secs(6), in Duration::ZERO..=HOUR,
            "time after that for open requests and background tasks";
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ForwardedHeader {
    /// RFC 7239.
    Forwarded,
    XForwardedFor,
}

const MILLISECOND: Duration = Duration::from_millis(1);
pub(crate) const HOUR: Duration = Duration::from_hours(1);

const MAX_THREADS: usize = 256;

/// The minimum of hyper's `max_buf_size`.
const MIN_HEADER_BYTES: u32 = 8192;

impl Settings {
    pub(crate) fn address(&self) -> SocketAddr {
        (self.host, self.port).into()
    }

    /// `None` if the operations port is off.
    pub(crate) fn operations(&self) -> Option<SocketAddr> {
        self.operations_port
            .map(|port| (self.operations_host, port).into())
    }
}

named_setting!(ForwardedHeader: "x-forwarded-for" => Self::XForwardedFor, "forwarded" => Self::Forwarded);

/// The unspecified address of IPv6 if the system supports it, because such a socket also accepts IPv4.
#[expect(
    clippy::disallowed_methods,
    reason = "binding a socket is the only test for IPv6"
)]
fn unspecified_address() -> IpAddr {
    match TcpListener::bind((Ipv6Addr::UNSPECIFIED, 0)) {
        Ok(_) => Ipv6Addr::UNSPECIFIED.into(),
        Err(_) => Ipv4Addr::UNSPECIFIED.into(),
    }
}

/// More than one per core, so that a handler that blocks its thread does not idle the core.
fn two_per_core() -> usize {
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    (2 * cores).min(MAX_THREADS)
}
