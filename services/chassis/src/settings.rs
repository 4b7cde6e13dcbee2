//! The variables that every service has.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::num::NonZero;
use std::thread;
use std::time::Duration;

use crate::env::Env;
use crate::log::{Format, Level};

/// What the environment says to the chassis.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) address: SocketAddr,
    pub(crate) operations: SocketAddr,
    pub(crate) limits: Limits,
    pub(crate) drain: Drain,
    pub(crate) log_level: Level,
    pub(crate) log_format: Format,
    pub(crate) worker_threads: usize,
}

/// What a client may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) header_read: Duration,
    pub(crate) keep_alive: Duration,
    pub(crate) request: Duration,
    pub(crate) body: usize,
    pub(crate) header: u32,
    pub(crate) requests: usize,
    pub(crate) connections: usize,
}

/// How long the end may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Drain {
    pub(crate) grace: Duration,
    pub(crate) timeout: Duration,
}

const MILLISECOND: Duration = Duration::from_millis(1);
const HOUR: Duration = Duration::from_hours(1);

const MOST_THREADS: usize = 256;

/// hyper takes no smaller buffer for a head.
const LEAST_HEADER: u32 = 8192;

impl Settings {
    pub(crate) fn read(env: &mut Env, port: u16) -> Self {
        let host = env.var(
            "HOST",
            IpAddr::from(Ipv4Addr::UNSPECIFIED),
            "address that both ports are bound to",
        );
        let port = env.var("PORT", port, "TCP port of the service; 0 takes any that is free");
        let operations = env.var(
            "OPS_PORT",
            9090,
            "TCP port of /livez, /readyz, /metrics, /version; 0 takes any",
        );
        Self {
            address: (host, port).into(),
            operations: (host, operations).into(),
            limits: Limits::read(env),
            drain: Drain::read(env),
            log_level: env.var("LOG_LEVEL", Level::Info, "least level that is logged"),
            log_format: env.var(
                "LOG_FORMAT",
                Format::Auto,
                "auto is plain on a terminal, else json",
            ),
            worker_threads: env.var_in(
                "WORKER_THREADS",
                two_a_core(),
                1..=MOST_THREADS,
                "threads that serve; default: two a core",
            ),
        }
    }
}

impl Limits {
    fn read(env: &mut Env) -> Self {
        let seconds = Duration::from_secs;
        let bounds = MILLISECOND..=HOUR;
        Self {
            header_read: env.var_in(
                "HEADER_READ_TIMEOUT",
                seconds(10),
                bounds.clone(),
                "for a request's head",
            ),
            keep_alive: env.var_in(
                "KEEP_ALIVE_TIMEOUT",
                seconds(75),
                bounds.clone(),
                "between requests of a connection",
            ),
            request: env.var_in(
                "REQUEST_TIMEOUT",
                seconds(30),
                bounds,
                "from a request's head to the answer's",
            ),
            body: env.var_in("MAX_BODY_BYTES", 1 << 20, 0..=1 << 40, "of a request's body"),
            header: env.var_in(
                "MAX_HEADER_BYTES",
                16384,
                LEAST_HEADER..=1 << 20,
                "of a request's head",
            ),
            requests: env.var_in(
                "MAX_REQUESTS",
                1024,
                1..=1 << 20,
                "at a time; more are answered 503",
            ),
            connections: env.var_in(
                "MAX_CONNECTIONS",
                16384,
                1..=1 << 20,
                "at a time; more wait to be accepted",
            ),
        }
    }
}

impl Drain {
    fn read(env: &mut Env) -> Self {
        let seconds = Duration::from_secs;
        // Together below the 10 s after which Docker kills what it stops.
        Self {
            grace: env.var_in(
                "DRAIN_GRACE",
                seconds(3),
                Duration::ZERO..=HOUR,
                "served on after SIGTERM, though not ready",
            ),
            timeout: env.var_in(
                "DRAIN_TIMEOUT",
                seconds(6),
                Duration::ZERO..=HOUR,
                "for requests in flight after that",
            ),
        }
    }
}

/// Of two, one serves on while a handler holds up the other; and where clients share the cores, a thread that wants less than
/// half of one is interrupted less often by each client that it wakes.
fn two_a_core() -> usize {
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    (2 * cores).min(MOST_THREADS)
}
