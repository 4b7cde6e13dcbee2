//! The variables of every service.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::num::NonZero;
use std::thread;
use std::time::Duration;

use chassis_env::{settings, Env};
use chassis_http::{max_worker_threads, Limits, Proxies, HOUR};
use chassis_telemetry::log::LogSettings;

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
        worker_threads: u32 = "WORKER_THREADS", two_per_core(), in 1..=MAX_THREADS,
            "worker threads; default: two per core";
        ..limits: Limits;
        ..proxies: Proxies;
        ..drain: Drain;
        ..log: LogSettings;
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

const MAX_THREADS: u32 = 256;

impl Settings {
    /// Reads the variables and checks that the ports differ.
    pub(crate) fn read_checked(env: &mut Env, default_port: u16) -> Self {
        let settings = Self::read(env, default_port);
        let (address, operations) = (settings.address(), settings.operations());
        env.check(
            !operations.is_some_and(|operations| conflict(address, operations)),
            || {
                let port = settings.port;
                format!("conflicting PORT \"{port}\" and OPS_PORT \"{port}\": expected different ports")
            },
        );
        settings
    }

    pub(crate) fn address(&self) -> SocketAddr {
        (self.host, self.port).into()
    }

    /// `None` if the operations port is off.
    pub(crate) fn operations(&self) -> Option<SocketAddr> {
        self.operations_port
            .map(|port| (self.operations_host, port).into())
    }
}

/// Whether two listeners would have an address in common. `::` also accepts IPv4.
fn conflict(one: SocketAddr, other: SocketAddr) -> bool {
    let [a, b] = [one, other].map(|address| address.ip().to_canonical());
    let includes = |any: IpAddr, ip: IpAddr| any.is_unspecified() && (any.is_ipv6() || ip.is_ipv4());
    one.port() == other.port() && one.port() != 0 && (a == b || includes(a, b) || includes(b, a))
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
fn two_per_core() -> u32 {
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    let threads = u32::try_from(2 * cores).unwrap_or(MAX_THREADS);
    threads.min(MAX_THREADS).min(max_worker_threads())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overlapping_addresses_conflict() {
        for (one, other, expected) in [
            ("127.0.0.1:80", "127.0.0.1:80", true),
            ("127.0.0.1:80", "[::ffff:127.0.0.1]:80", true),
            ("127.0.0.1:80", "0.0.0.0:80", true),
            ("127.0.0.1:80", "[::]:80", true),
            ("[::1]:80", "[::]:80", true),
            ("0.0.0.0:80", "[::]:80", true),
            ("127.0.0.1:80", "127.0.0.1:81", false),
            ("127.0.0.1:80", "127.0.0.2:80", false),
            ("[::1]:80", "0.0.0.0:80", false),
            ("127.0.0.1:0", "127.0.0.1:0", false),
        ] {
            let [one, other] = [one, other].map(|address| address.parse().unwrap());
            assert_eq!(conflict(one, other), expected, "{one} {other}");
            assert_eq!(conflict(other, one), expected, "{other} {one}");
        }
    }
}
