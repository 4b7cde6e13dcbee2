//! The variables of every service.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::num::NonZero;
use std::thread;
use std::time::Duration;

use ipnet::IpNet;

use crate::descriptors::default_max_connections;
use crate::env::{named_setting, Env, Setting};
use crate::log::LogSettings;

#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) address: SocketAddr,
    /// `None` if the operations port is off.
    pub(crate) operations: Option<SocketAddr>,
    pub(crate) limits: Limits,
    pub(crate) proxies: Proxies,
    pub(crate) drain: Drain,
    pub(crate) log: LogSettings,
    pub(crate) worker_threads: usize,
}

/// Limits on the resources that clients use.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) header_read: Duration,
    pub(crate) keep_alive: Duration,
    pub(crate) request: Duration,
    pub(crate) send: Duration,
    /// In bytes per second; 0 for no minimum.
    pub(crate) min_rate: u64,
    pub(crate) body: u64,
    pub(crate) header_bytes: u32,
    pub(crate) headers: usize,
    pub(crate) unsent: usize,
    pub(crate) requests: usize,
    pub(crate) connections: u32,
}

/// The trusted proxies and the header in which they forward the client's address.
#[derive(Clone, Debug, Default)]
pub(crate) struct Proxies {
    pub(crate) trusted: Vec<IpNet>,
    pub(crate) header: ForwardedHeader,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum ForwardedHeader {
    /// RFC 7239.
    Forwarded,
    #[default]
    XForwardedFor,
}

/// The durations of a shutdown.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Drain {
    pub(crate) grace: Duration,
    pub(crate) timeout: Duration,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum OptionalPort {
    Off,
    Port(u16),
}

const MILLISECOND: Duration = Duration::from_millis(1);
pub(crate) const HOUR: Duration = Duration::from_hours(1);

const MAX_THREADS: usize = 256;

/// The minimum of hyper's `max_buf_size`.
const MIN_HEADER_BYTES: u32 = 8192;

impl Settings {
    pub(crate) fn read(env: &mut Env, default_port: u16) -> Self {
        let host = env.var(
            "HOST",
            unspecified_address(),
            "address that the service listens on",
        );
        let port = env.var_in_range(
            "PORT",
            default_port,
            0..=u16::MAX,
            "TCP port of the service; 0 selects a free port",
        );
        let operations_host = env.var(
            "OPS_HOST",
            host,
            "address that the operations port listens on; default: HOST",
        );
        let operations = env.var(
            "OPS_PORT",
            OptionalPort::Port(9090),
            "TCP port of /livez, /readyz, /metrics, /version, /log-level; 0 selects a free port, off disables it",
        );
        Self {
            address: (host, port).into(),
            operations: match operations {
                OptionalPort::Off => None,
                OptionalPort::Port(port) => Some((operations_host, port).into()),
            },
            limits: Limits::read(env),
            proxies: Proxies::read(env),
            drain: Drain::read(env),
            log: LogSettings::read(env),
            worker_threads: env.var_in_range(
                "WORKER_THREADS",
                two_per_core(),
                1..=MAX_THREADS,
                "worker threads; default: two per core",
            ),
        }
    }
}

impl Limits {
    fn read(env: &mut Env) -> Self {
        let mut duration = |name, default, help| env.var_in_range(name, default, MILLISECOND..=HOUR, help);
        let seconds = Duration::from_secs;
        let header_read = duration(
            "HEADER_READ_TIMEOUT",
            seconds(10),
            "time to receive the head of a request",
        );
        let keep_alive = duration(
            "KEEP_ALIVE_TIMEOUT",
            seconds(75),
            "time that a connection may be idle",
        );
        let request = duration(
            "REQUEST_TIMEOUT",
            seconds(30),
            "time from the head of a request to the head of its response",
        );
        let send = duration(
            "SEND_TIMEOUT",
            request,
            "time for a client to read the next chunk of a response; default: REQUEST_TIMEOUT",
        );
        Self {
            header_read,
            keep_alive,
            request,
            send,
            min_rate: env.var_in_range(
                "MIN_DATA_RATE",
                240,
                0..=1 << 30,
                "minimum rate of a body in bytes per second, after 5 s; 0 for no minimum",
            ),
            body: env.var_in_range(
                "MAX_BODY_BYTES",
                1 << 20,
                0..=1 << 40,
                "maximum size of a request body",
            ),
            header_bytes: env.var_in_range(
                "MAX_HEADER_BYTES",
                16384,
                MIN_HEADER_BYTES..=1 << 20,
                "maximum size of the head of a request",
            ),
            headers: env.var_in_range(
                "MAX_HEADERS",
                100,
                1..=1 << 15,
                "maximum number of header fields of a request",
            ),
            unsent: env.var_in_range(
                "MAX_UNSENT_BYTES",
                1 << 20,
                1..=1 << 40,
                "unsent response bytes of a connection above which its next request waits",
            ),
            requests: env.var_in_range(
                "MAX_REQUESTS",
                1024,
                1..=1 << 20,
                "maximum number of concurrent requests; excess requests get 503",
            ),
            connections: env.var_in_range(
                "MAX_CONNECTIONS",
                default_max_connections(),
                1..=1 << 20,
                "maximum number of concurrent connections; excess connections wait to be accepted",
            ),
        }
    }
}

impl Proxies {
    fn read(env: &mut Env) -> Self {
        Self {
            trusted: env.var(
                "TRUSTED_PROXIES",
                Vec::new(),
                "networks of trusted proxies, separated by commas",
            ),
            header: env.var(
                "FORWARDED_HEADER",
                ForwardedHeader::default(),
                "header that the trusted proxies set: x-forwarded-for or forwarded",
            ),
        }
    }
}

impl Drain {
    fn read(env: &mut Env) -> Self {
        let mut duration = |name, seconds, help| {
            env.var_in_range(name, Duration::from_secs(seconds), Duration::ZERO..=HOUR, help)
        };
        // The sum is less than the 10 s after which Docker kills a container.
        Self {
            grace: duration(
                "DRAIN_GRACE",
                3,
                "time to keep serving after SIGTERM, while not ready",
            ),
            timeout: duration(
                "DRAIN_TIMEOUT",
                6,
                "time after that for open requests and background tasks",
            ),
        }
    }
}

impl ForwardedHeader {
    const NAMES: [(&'static str, Self); 2] = [
        ("x-forwarded-for", Self::XForwardedFor),
        ("forwarded", Self::Forwarded),
    ];
}

named_setting!(ForwardedHeader);

impl Setting for OptionalPort {
    fn parse(text: &str) -> Option<Self> {
        if text == "off" {
            return Some(Self::Off);
        }
        u16::parse(text).map(Self::Port)
    }

    fn to_text(&self) -> String {
        match self {
            Self::Off => "off".to_owned(),
            Self::Port(port) => port.to_string(),
        }
    }

    fn expected() -> String {
        "an integer from 0 to 65535, or off".to_owned()
    }
}

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
