//! `boot`: checks that the image starts, responds and stops in Linux namespaces.

use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

use oci_layout::RunConfig;
use rustix::process::Signal;

use super::container::{monotonic_time, poll, Container, MAX_POLL_INTERVAL};
use super::launch::{describe_exit, print_report, Launch, Running};
use super::probe::Probe;
use super::stop_signal;
use crate::report::Report;
use crate::Error;

pub(crate) struct Options {
    pub(crate) launch: Launch,
    pub(crate) probe: Probe,
    pub(crate) port: Option<u16>,
    pub(crate) ready_timeout: Duration,
    pub(crate) stop_timeout: Duration,
    /// None: the program does not handle the stop signal, which is not checked.
    pub(crate) expect_exit: Option<i32>,
    pub(crate) max_rss: Option<u64>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            launch: Launch::default(),
            probe: Probe::GrpcHealth {
                service: String::new(),
            },
            port: None,
            ready_timeout: Duration::from_secs(10),
            stop_timeout: Duration::from_secs(10),
            expect_exit: Some(0),
            max_rss: None,
        }
    }
}

pub(crate) fn run(options: &Options, out: &mut dyn Write) -> Result<bool, Error> {
    let launch = &options.launch;
    let image = launch.image()?;
    let run = &image.config.run;
    let port = options.port.or_else(|| first_tcp_port(run)).ok_or_else(|| {
        launch.failed("the image exposes no TCP port: add one to exposed_ports, or pass --port")
    })?;
    let addr = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let signal = stop_signal::of(run).map_err(|error| launch.failed(&error))?;
    let mut running = launch.start(&image)?;
    let mut report = Report::new(format!("boot {}", launch.layout.display()));
    check(options, addr, signal, &mut running, &mut report);
    Ok(print_report(&report, &running.container, out)?)
}

fn first_tcp_port(run: &RunConfig) -> Option<u16> {
    let ports = run
        .exposed_ports
        .keys()
        .filter_map(|port| match port.split_once('/') {
            Some((number, "tcp")) => number.parse().ok(),
            Some(_) => None,
            None => port.parse().ok(),
        });
    ports.min()
}

fn check(
    options: &Options,
    addr: SocketAddr,
    (signal_name, signal): (&str, Signal),
    running: &mut Running,
    report: &mut Report,
) {
    let limit = options.launch.time_limit(options.ready_timeout);
    let Some(stream) = check_ready(addr, limit, &mut running.container, report) else {
        return;
    };
    options.probe.check(stream, addr, limit, report);
    check_process(options, running, report);
    if let Some(code) = options.expect_exit {
        let limit = options.launch.time_limit(options.stop_timeout);
        let expected = format!("exit {code} within {} s", limit.as_secs_f64());
        let (found, ok) = match running.container.stop(signal, limit) {
            Some((status, elapsed)) => (
                format!(
                    "{} after {:.1} ms",
                    describe_exit(status),
                    elapsed.as_secs_f64() * 1000.0
                ),
                status.code() == Some(code),
            ),
            None => ("still running".to_owned(), false),
        };
        let hint =
            format!("handle {signal_name}: process 1 of a container has no default action for signals");
        report.check(signal_name, expected, found, ok, &hint);
    }
}

fn check_ready(
    addr: SocketAddr,
    limit: Duration,
    container: &mut Container,
    report: &mut Report,
) -> Option<TcpStream> {
    let connected = poll(limit, MAX_POLL_INTERVAL, || {
        match TcpStream::connect_timeout(&addr, limit) {
            Ok(stream) => Some(Ok(stream)),
            Err(_) => container.exit_status().map(Err),
        }
    });
    let (found, hint) = match &connected {
        Some(Ok(_)) => {
            let elapsed = monotonic_time().saturating_sub(container.started);
            (format!("{:.1} ms", elapsed.as_secs_f64() * 1000.0), "")
        }
        Some(Err(status)) => (
            format!("exited: {}", describe_exit(*status)),
            "see its output below",
        ),
        None => (
            "no connection".to_owned(),
            "listen on 0.0.0.0 and the exposed port, or raise --ready-timeout",
        ),
    };
    let stream = connected.and_then(Result::ok);
    let expected = format!("{addr} within {} s", limit.as_secs_f64());
    report.check("ready", expected, found, stream.is_some(), hint);
    stream
}

fn check_process(options: &Options, running: &Running, report: &mut Report) {
    let container = &running.container;
    let ids = |id: u32| [id; 4].map(|id| id.to_string()).join(" ");
    let hint = "the namespaces of this host are restricted: compare with another host";
    for (field, expected) in [
        ("Uid", ids(running.user.uid)),
        ("Gid", ids(running.user.gid)),
        ("CapEff", format!("{:016x}", 0)),
        ("NoNewPrivs", "1".to_owned()),
    ] {
        let found = container.status(field).unwrap_or_else(|| "unknown".to_owned());
        let ok = found == expected;
        report.check(field, expected, found, ok, hint);
    }
    let (found, ok) = match container.root_is_read_only() {
        Some(true) => ("read-only", true),
        Some(false) => ("writable", false),
        None => ("unknown", false),
    };
    report.check("root filesystem", "read-only", found, ok, hint);
    report.check("/proc", "any", container.proc.as_str(), true, "");
    let rss = container.memory("VmRSS");
    options
        .launch
        .check_memory("resident bytes", options.max_rss, rss, false, report);
}
