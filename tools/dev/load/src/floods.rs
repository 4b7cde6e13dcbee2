//! Good requests during floods.

use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use crate::client::Client;
use crate::good::measure;
use crate::http2::{frame, request, Http2, END_HEADERS, END_STREAM, HEADERS};
use crate::limits::raise_open_files;
use crate::program::Program;
use crate::samples::{megabytes, milliseconds};
use crate::slow::send_slowly;
use crate::Error;

mod bounds;
mod frames;
mod window;

pub(crate) use bounds::Bounds;

use bounds::Outcome;
use frames::{send_frames, Frames};
use window::leave_unread;

/// The kinds, by their names in `--kinds`.
pub(crate) const KINDS: [(&str, Kind); 9] = [
    ("rapid-reset", Kind::Frames(Frames::RapidReset)),
    ("continuation", Kind::Frames(Frames::Continuation)),
    ("empty-continuation", Kind::Frames(Frames::EmptyContinuation)),
    ("settings", Kind::Frames(Frames::Settings)),
    ("ping", Kind::Frames(Frames::Ping)),
    ("empty-data", Kind::Frames(Frames::EmptyData)),
    ("window-zero", Kind::Unread { window: 0 }),
    ("window-one", Kind::Unread { window: 1 }),
    ("slow-bodies", Kind::SlowBodies),
];

/// A limit below the number of concurrent requests in floods of unread responses and of slow bodies.
const ENVIRONMENT: [(&str, &str); 1] = [("MAX_REQUESTS", "256")];
const CONNECTIONS: usize = 4;
const SLOW_SENDERS: usize = 500;
const SPARE_FILES: usize = 200;
const BASELINE_TIME: Duration = Duration::from_secs(1);

/// The traffic of a flood.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    /// Frames over HTTP/2.
    Frames(Frames),
    /// Requests over HTTP/2 with a flow-control window of `window` bytes for the responses.
    Unread { window: u32 },
    /// Requests over HTTP/1.1 whose bodies arrive a byte at a time.
    SlowBodies,
}

/// Address and path of a flood's requests.
#[derive(Clone, Copy)]
pub(crate) struct Target<'a> {
    address: SocketAddr,
    path: &'a str,
}

/// Options of `load floods`.
pub(crate) struct Options {
    /// The service program.
    pub(crate) program: PathBuf,
    /// Names and kinds of the floods.
    pub(crate) kinds: Vec<(&'static str, Kind)>,
    /// Duration of each flood.
    pub(crate) time: Duration,
    /// Path of the good requests.
    pub(crate) path: String,
    /// Path of the floods' requests.
    pub(crate) flood_path: String,
    pub(crate) bounds: Bounds,
}

/// Prints one table, then a line for each exceeded bound; false if there is any.
pub(crate) fn run(options: &Options, out: &mut dyn Write) -> Result<bool, Error> {
    raise_open_files((SLOW_SENDERS + SPARE_FILES) as u64)?;
    let mut print = |text: String| out.write_all(text.as_bytes()).map_err(Error::system("print"));
    print(
        "| flood | sent | good requests | failed | p99 alone, ms | p99 during the flood, ms | resident, MB |\n\
         |---|---|---|---|---|---|---|\n"
            .to_owned(),
    )?;
    let mut exceeded = Vec::new();
    for (name, kind) in &options.kinds {
        let outcome = flood(*kind, options)?;
        print(row(name, &outcome))?;
        exceeded.extend(
            options
                .bounds
                .exceeded(&outcome)
                .into_iter()
                .map(|bound| format!("{name}: {bound}\n")),
        );
    }
    let passed = exceeded.is_empty();
    if !passed {
        print(format!("\n{}", exceeded.concat()))?;
    }
    Ok(passed)
}

fn flood(kind: Kind, options: &Options) -> Result<Outcome, Error> {
    let program = Program::start(&options.program, &ENVIRONMENT)?;
    let target = Target {
        address: program.address,
        path: &options.flood_path,
    };
    check_served(target)?;
    let alone = measure(&program, &options.path, BASELINE_TIME)?;
    let done = AtomicBool::new(false);
    let sent = AtomicU64::new(0);
    let during = thread::scope(|scope| {
        let (done, sent) = (&done, &sent);
        match kind {
            Kind::Frames(frames) => {
                for number in 0..CONNECTIONS {
                    scope.spawn(move || send_frames(frames, target, number % 2 == 0, done, sent));
                }
            }
            Kind::Unread { window } => {
                for _ in 0..CONNECTIONS {
                    scope.spawn(move || leave_unread(window, target, done, sent));
                }
            }
            Kind::SlowBodies => {
                scope.spawn(move || send_slow_bodies(target, done, sent));
            }
        }
        let during = measure(&program, &options.path, options.time);
        done.store(true, Ordering::Release);
        during
    })?;
    Ok(Outcome {
        sent: sent.load(Ordering::Relaxed),
        alone,
        during,
    })
}

/// Requires status 200 for the path: a flood of rejected requests would prove nothing.
fn check_served(target: Target<'_>) -> Result<(), Error> {
    let get = |path: &str| Client::connect(target.address).and_then(|mut client| client.get(path));
    let (status, _) = get(target.path).map_err(Error::system(format!("get {}", target.path)))?;
    if status != 200 {
        return Err(Error::Program(format!(
            "{} returned status {status}, expected 200",
            target.path
        )));
    }
    Http2::connect(target.address, &[])
        .and_then(|mut connection| {
            let stream = connection.open_stream();
            let block = request("GET", target.path);
            connection.send(&frame(HEADERS, END_STREAM | END_HEADERS, stream, &block))?;
            connection.await_response(stream)
        })
        .map_err(Error::system(format!("get {} over HTTP/2", target.path)))
}

fn send_slow_bodies(target: Target<'_>, done: &AtomicBool, sent: &AtomicU64) {
    let start = format!(
        "POST {} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n{{",
        target.path
    );
    sent.fetch_add(SLOW_SENDERS as u64, Ordering::Relaxed);
    // Connections that the service closes are opened again and counted.
    send_slowly(target.address, SLOW_SENDERS, &[start.as_bytes()], done, sent);
}

fn row(name: &str, outcome: &Outcome) -> String {
    format!(
        "| {name} | {} | {} | {} | {} | {} | {} |\n",
        outcome.sent,
        outcome.during.times.count(),
        outcome.failed(),
        milliseconds(outcome.alone.times.percentile(99)),
        milliseconds(outcome.during.times.percentile(99)),
        megabytes(outcome.during.rss),
    )
}
