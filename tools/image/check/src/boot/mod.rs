//! `boot`: does the image start, answer and stop, in namespaces that stand in for a container?
//!
//! The service gets its own root filesystem, unpacked into memory and mounted read-only, a writable /tmp if the image
//! has one, the image's user without capabilities, its environment, entrypoint and working folder, a network with
//! nothing but loopback, and a /dev of five devices. /proc is fresh where the kernel allows it, else the machine's, else
//! missing: a service must boot without it. An emulator, for an image of another CPU, is a sixth file in /dev.

mod cli;
mod container;
mod http;
mod init;
mod namespaces;
mod plan;
mod table;

use std::collections::BTreeMap;
use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::time::Duration;

use crate::layout::{Image, RunConfig};
use crate::report::{bytes, Report};
use crate::tree::Tree;
use crate::user::User;
use crate::Error;
pub(crate) use cli::{options, table_options};
use container::{clock, poll, Container, Scratch};
pub(crate) use init::run as run_init;
use plan::Plan;
pub(crate) use table::run as run_table;
use table::{Image as TableImage, Options as TableOptions};

/// The subcommand of the init half; not for people.
pub(crate) const INIT: &str = "boot-init";

/// What the command line says.
pub(crate) struct Options {
    pub(crate) layout: PathBuf,
    pub(crate) platform: Option<String>,
    pub(crate) get: String,
    pub(crate) expect_body: String,
    pub(crate) port: Option<u16>,
    pub(crate) env: Vec<String>,
    pub(crate) ready_timeout: Duration,
    pub(crate) stop_timeout: Duration,
    pub(crate) expect_exit: i32,
    pub(crate) max_rss: Option<u64>,
    pub(crate) emulator: Option<PathBuf>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            layout: PathBuf::new(),
            platform: None,
            get: String::new(),
            expect_body: String::new(),
            port: None,
            env: Vec::new(),
            ready_timeout: Duration::from_secs(10),
            stop_timeout: Duration::from_secs(10),
            expect_exit: 0,
            max_rss: None,
            emulator: None,
        }
    }
}

/// An emulator translates every instruction first.
const EMULATED: u32 = 6;

impl Options {
    /// A budget of time, for whatever runs the program.
    fn patience(&self, budget: Duration) -> Duration {
        if self.emulator.is_some() {
            budget * EMULATED
        } else {
            budget
        }
    }
}

pub(crate) fn run(options: &Options, out: &mut dyn Write) -> Result<bool, Error> {
    let failed = |error: String| Error::failed(format!("{}: {error}", options.layout.display()));
    let scratch = Scratch::new().map_err(failed)?;
    let (plan, addr) = plan(options, &scratch)?;
    namespaces::enter(User {
        uid: plan.uid,
        gid: plan.gid,
    })
    .map_err(failed)?;
    let mut container = Container::start(&plan, &scratch).map_err(failed)?;
    let mut report = Report::new(format!("boot {}", options.layout.display()));
    check(options, &plan, addr, &mut container, &mut report);
    let passed = report.print(out)?;
    if !passed {
        let log = container.log();
        let end = if log.ends_with('\n') { "" } else { "\n" };
        writeln!(out, "what the service wrote:")?;
        write!(out, "{}{end}", if log.is_empty() { "(nothing)" } else { &log })?;
    }
    Ok(passed)
}

fn plan(options: &Options, scratch: &Scratch) -> Result<(Plan, SocketAddr), Error> {
    let image = Image::open(&options.layout, options.platform.as_deref())?;
    let port = options
        .port
        .or_else(|| first_tcp_port(&image.config.run))
        .ok_or_else(|| {
            let layout = options.layout.display();
            Error::failed(format!(
                "{layout}: the image exposes no tcp port to ask; add it to exposed_ports or say --port"
            ))
        })?;
    let plan = plan_of(&image, options, scratch)?;
    Ok((plan, SocketAddr::from((Ipv4Addr::LOCALHOST, port))))
}

/// How the image is run, whatever it does.
fn plan_of(image: &Image, options: &Options, scratch: &Scratch) -> Result<Plan, Error> {
    let tree = Tree::new(image)?;
    let run = &image.config.run;
    let failed = |error: String| Error::failed(format!("{}: {error}", options.layout.display()));
    let User { uid, gid } = User::find(&run.user, &tree).map_err(failed)?;
    let argv: Vec<_> = run.entrypoint.iter().chain(&run.cmd).cloned().collect();
    if argv.is_empty() {
        return Err(failed(
            "the image has neither entrypoint nor cmd; give it an entrypoint".to_owned(),
        ));
    }
    Ok(Plan {
        layout: options.layout.clone(),
        platform: options.platform.clone(),
        root: scratch.join("root"),
        uid,
        gid,
        emulator: options.emulator.as_deref().map(find_emulator).transpose()?,
        argv,
        env: environment(run.env.iter().chain(&options.env)),
        working_dir: if run.working_dir.is_empty() {
            "/".to_owned()
        } else {
            run.working_dir.clone()
        },
        volumes: run.volumes.keys().cloned().collect(),
    })
}

/// Behind its links, which lead elsewhere in the image's root.
fn find_emulator(path: &Path) -> Result<PathBuf, Error> {
    path.canonicalize().map_err(|source| Error::Read {
        path: path.to_owned(),
        source,
    })
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

fn environment<'a>(variables: impl Iterator<Item = &'a String>) -> BTreeMap<String, String> {
    variables
        .filter_map(|it| it.split_once('='))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

fn check(options: &Options, plan: &Plan, addr: SocketAddr, container: &mut Container, report: &mut Report) {
    let wait = options.patience(options.ready_timeout);
    let connected = poll(wait, || match TcpStream::connect_timeout(&addr, wait) {
        Ok(stream) => Some(Ok(stream)),
        Err(_) => container.ended().map(Err),
    });
    let (found, hint) = match &connected {
        Some(Ok(_)) => {
            let took = clock().saturating_sub(container.started);
            (format!("{:.1} ms", took.as_secs_f64() * 1000.0), "")
        }
        Some(Err(status)) => (format!("ended: {}", ending(*status)), "see below what it wrote"),
        None => (
            "no answer".to_owned(),
            "make it listen on 0.0.0.0 and the exposed port, or give it longer by --ready-timeout",
        ),
    };
    let ok = matches!(connected, Some(Ok(_)));
    report.check(
        "ready",
        format!("{addr} within {} s", wait.as_secs_f64()),
        found,
        ok,
        hint,
    );
    let Some(Ok(stream)) = connected else { return };
    check_answer(options, stream, addr, report);
    check_process(options, plan, container, report);
    check_stop(options, container, report);
}

fn check_answer(options: &Options, stream: TcpStream, addr: SocketAddr, report: &mut Report) {
    let name = format!("GET {}", options.get);
    let expected = format!("200 {:?}", options.expect_body);
    let (found, ok) = match http::get(
        stream,
        addr,
        &options.get,
        options.patience(options.ready_timeout),
    ) {
        Ok(response) => (
            format!("{} {:?}", response.status, response.body),
            response.status == 200 && response.body == options.expect_body,
        ),
        Err(error) => (error, false),
    };
    report.check(
        &name,
        expected,
        found,
        ok,
        "mend the route, or what --get and --expect-body ask for",
    );
}

fn check_process(options: &Options, plan: &Plan, container: &Container, report: &mut Report) {
    let status = |field: &str| container.status(field).unwrap_or_else(|| "unknown".to_owned());
    let ids = |id: u32| [id; 4].map(|id| id.to_string()).join(" ");
    let hint = "the namespaces are not what they should be; run it elsewhere to compare";
    for (field, expected) in [
        ("Uid", ids(plan.uid)),
        ("Gid", ids(plan.gid)),
        ("CapEff", format!("{:016x}", 0)),
        ("NoNewPrivs", "1".to_owned()),
    ] {
        let found = status(field);
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
    let rss = status("VmRSS")
        .strip_suffix(" kB")
        .and_then(|rss| rss.parse::<u64>().ok())
        .map(|kib| kib * 1024);
    // What an emulator holds is not what the program holds.
    let max_rss = options.max_rss.filter(|_| options.emulator.is_none());
    let expected = max_rss.map_or_else(|| "any".to_owned(), |max| format!("at most {}", bytes(max)));
    let ok = rss.is_some_and(|rss| max_rss.is_none_or(|max| rss <= max));
    let hint = "find what it holds in memory, or raise --max-rss";
    report.check(
        "resident bytes",
        expected,
        rss.map_or_else(|| "unknown".to_owned(), bytes),
        ok,
        hint,
    );
}

fn check_stop(options: &Options, container: &mut Container, report: &mut Report) {
    let wait = options.patience(options.stop_timeout);
    let expected = format!("exit {} within {} s", options.expect_exit, wait.as_secs_f64());
    let (found, ok) = match container.stop(wait) {
        Some((status, took)) => (
            format!("{} after {:.1} ms", ending(status), took.as_secs_f64() * 1000.0),
            status.code() == Some(options.expect_exit),
        ),
        None => ("still running".to_owned(), false),
    };
    let hint = "handle SIGTERM: as process 1 of a container the service has no default action for it";
    report.check("SIGTERM", expected, found, ok, hint);
}

fn ending(status: ExitStatus) -> String {
    status
        .code()
        .map_or_else(|| status.to_string(), |code| format!("exit {code}"))
}
