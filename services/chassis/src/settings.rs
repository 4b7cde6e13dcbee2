//! The variables that every service has.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::num::NonZero;
use std::thread;
use std::time::Duration;

use ipnet::IpNet;

use crate::descriptors::default_max_connections;
use crate::env::{named_setting, Env, Setting};
use crate::log::LogSettings;

/// The chassis's part of the environment.
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

/// The resources that clients may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) header_read: Duration,
    pub(crate) keep_alive: Duration,
    pub(crate) request: Duration,
    pub(crate) send: Duration,
    /// In bytes a second; 0 for none.
    pub(crate) min_rate: u64,
    pub(crate) body: u64,
    pub(crate) header_bytes: u32,
    pub(crate) headers: usize,
    pub(crate) unsent: usize,
    pub(crate) requests: usize,
    pub(crate) connections: usize,
}

/// Which proxies are believed, and in which header.
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

/// How long a shutdown may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Drain {
    pub(crate) grace: Duration,
    pub(crate) timeout: Duration,
}

/// The operations port, or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum OptionalPort {
    Off,
    Port(u16),
}

const MILLISECOND: Duration = Duration::from_millis(1);
pub(crate) const HOUR: Duration = Duration::from_hours(1);

const MAX_THREADS: usize = 256;

/// hyper accepts no smaller buffer for a head.
const MIN_HEADER_BYTES: u32 = 8192;

impl Settings {
    pub(crate) fn read(env: &mut Env, default_port: u16) -> Self {
        let host = env.var("HOST", any_address(), "address of the service's port");
        let port = env.var_in_range(
            "PORT",
            default_port,
            0..=u16::MAX,
            "TCP port of the service; 0 for any free one",
        );
        let operations_host = env.var("OPS_HOST", host, "address of the operations port; default: HOST");
        let operations = env.var(
            "OPS_PORT",
            OptionalPort::Port(9090),
            "TCP port of /livez, /readyz, /metrics, /version, /log-level; 0 for any free one, off for none",
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
        let header_read = duration("HEADER_READ_TIMEOUT", seconds(10), "for a request's head");
        let keep_alive = duration(
            "KEEP_ALIVE_TIMEOUT",
            seconds(75),
            "between requests of a connection",
        );
        let request = duration(
            "REQUEST_TIMEOUT",
            seconds(30),
            "from a request's head to the answer's head",
        );
        let send = duration(
            "SEND_TIMEOUT",
            request,
            "for a client to take the next part of an answer; default: REQUEST_TIMEOUT",
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
                "bytes per second of a body, after 5 s; 0 for none",
            ),
            body: env.var_in_range("MAX_BODY_BYTES", 1 << 20, 0..=1 << 40, "of a request's body"),
            header_bytes: env.var_in_range(
                "MAX_HEADER_BYTES",
                16384,
                MIN_HEADER_BYTES..=1 << 20,
                "of a request's head",
            ),
            headers: env.var_in_range("MAX_HEADERS", 100, 1..=1 << 15, "header fields of a request"),
            unsent: env.var_in_range(
                "MAX_UNSENT_BYTES",
                1 << 20,
                1..=1 << 40,
                "of a connection's answers in memory; its next request waits",
            ),
            requests: env.var_in_range(
                "MAX_REQUESTS",
                1024,
                1..=1 << 20,
                "concurrent requests; more are answered 503",
            ),
            connections: env.var_in_range(
                "MAX_CONNECTIONS",
                default_max_connections(),
                1..=1 << 20,
                "concurrent connections; more wait to be accepted",
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
                "networks whose forwarding header is believed",
            ),
            header: env.var(
                "FORWARDED_HEADER",
                ForwardedHeader::default(),
                "the header that they set: x-forwarded-for or forwarded",
            ),
        }
    }
}

impl Drain {
    fn read(env: &mut Env) -> Self {
        let mut duration = |name, seconds, help| {
            env.var_in_range(name, Duration::from_secs(seconds), Duration::ZERO..=HOUR, help)
        };
        // Together less than the 10 s after which Docker kills a container.
        Self {
            grace: duration("DRAIN_GRACE", 3, "of service after SIGTERM, while not ready"),
            timeout: duration("DRAIN_TIMEOUT", 6, "for open requests and tasks after that"),
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

    fn show(&self) -> String {
        match self {
            Self::Off => "off".to_owned(),
            Self::Port(port) => port.to_string(),
        }
    }

    fn expected() -> String {
        "an integer from 0 to 65535, or off".to_owned()
    }
}

/// All addresses: of both families where the system has IPv6, since a socket on `::` takes IPv4 too.
#[expect(
    clippy::disallowed_methods,
    reason = "only a socket shows whether the system has IPv6"
)]
fn any_address() -> IpAddr {
    match TcpListener::bind((Ipv6Addr::UNSPECIFIED, 0)) {
        Ok(_) => Ipv6Addr::UNSPECIFIED.into(),
        Err(_) => Ipv4Addr::UNSPECIFIED.into(),
    }
}

/// If a handler blocks one thread, another one still serves; and where clients share the cores, a thread that uses less than
/// half of one is preempted less often.
fn two_per_core() -> usize {
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    (2 * cores).min(MAX_THREADS)
}
