//! Connections that do nothing, and senders that hardly send, beside good requests.

use std::io::{ErrorKind, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::client::{is_closed, Client};
use crate::limits::raise_open_files;
use crate::program::Program;
use crate::samples::{megabytes, milliseconds, Samples};
use crate::Error;

/// Of the good requests: few enough that their own load does not make them wait.
const CLIENTS: usize = 2;
const PAUSE: Duration = Duration::from_millis(2);
const REQUESTS_A_CONNECTION: usize = 10;
/// Between two bytes of a slow sender.
const SLOWLY: Duration = Duration::from_millis(200);
/// Into which the slow senders are parted, each with its moment between two bytes.
const GROUPS: u32 = 50;
const SLOW_HEAD: &[u8] = b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ";
const SLOW_BODY: &[u8] = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n";
/// Files of this process and of the program beside the connections.
const SPARE_FILES: usize = 200;

/// `load idle`.
pub(crate) struct Options {
    /// The program.
    pub(crate) program: PathBuf,
    /// How many connections idle.
    pub(crate) connections: usize,
    /// How many send a byte now and then; one that is cut off comes again.
    pub(crate) slow: usize,
    /// How long good requests are measured, without and with the others.
    pub(crate) time: Duration,
    /// What the p99 of good requests may grow to, in times of what it was.
    pub(crate) max_ratio: f64,
    /// What the program may hold at its worst, in bytes.
    pub(crate) max_rss: u64,
}

/// What a program may hold beside so many connections: hyper alone takes 10 to 13 kB for one that was used.
pub(crate) fn usual_rss(connections: usize) -> u64 {
    10_000_000 + 32_000 * u64::try_from(connections).unwrap_or(u64::MAX / 64_000)
}

struct Phase {
    times: Samples,
    failed: usize,
    rss: u64,
}

/// Prints one table; false if a good request failed or a bound is not kept.
pub(crate) fn run(options: &Options, out: &mut dyn Write) -> Result<bool, Error> {
    let files = options.connections + options.slow + SPARE_FILES;
    raise_open_files(u64::try_from(files).unwrap_or(u64::MAX))?;
    let program = Program::start(&options.program, &[("KEEP_ALIVE_TIMEOUT", "10m")])?;
    let address = program.address;

    let alone = measure(&program, options.time)?;
    let idle = (0..options.connections)
        .map(|_| idle_connection(address))
        .collect::<Result<Vec<_>, _>>()?;
    let done = AtomicBool::new(false);
    let cut = AtomicU64::new(0);
    let beside = thread::scope(|scope| {
        scope.spawn(|| send_slowly(address, options.slow, &done, &cut));
        let beside = measure(&program, options.time);
        done.store(true, Ordering::Release);
        beside
    })?;
    let closed = idle.iter().filter(|client| client.is_closed()).count();

    let ratio = beside.times.percentile(99).as_secs_f64() / alone.times.percentile(99).as_secs_f64();
    let text = format!(
        "| good requests | count | failed | median, ms | p99, ms | resident, MB |\n|---|---|---|---|---|---|\n\
         {}{}\n{} of {} idle connections stayed open; {} slow senders were cut off; p99 {ratio:.2} times as long\n",
        row("alone", &alone),
        row(&format!("beside {} idle, {} slow", options.connections, options.slow), &beside),
        options.connections - closed,
        options.connections,
        cut.load(Ordering::Relaxed),
    );
    out.write_all(text.as_bytes()).map_err(Error::system("print"))?;
    let count = alone.times.count().min(beside.times.count());
    Ok(alone.failed + beside.failed + closed == 0
        && count > 0
        && ratio <= options.max_ratio
        && beside.rss <= options.max_rss)
}

fn row(name: &str, phase: &Phase) -> String {
    format!(
        "| {name} | {} | {} | {} | {} | {} |\n",
        phase.times.count(),
        phase.failed,
        milliseconds(phase.times.percentile(50)),
        milliseconds(phase.times.percentile(99)),
        megabytes(phase.rss),
    )
}

/// One that was used, and so is let idle.
fn idle_connection(address: SocketAddr) -> Result<Client, Error> {
    let mut client = Client::connect(address).map_err(Error::system("open an idle connection"))?;
    client
        .get("/")
        .map_err(Error::system("use a connection that will idle"))?;
    Ok(client)
}

fn measure(program: &Program, time: Duration) -> Result<Phase, Error> {
    let end = Instant::now() + time;
    let address = program.address;
    thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|_| scope.spawn(move || good(address, end)))
            .collect();
        let mut rss = program.rss()?;
        while Instant::now() < end {
            thread::sleep(SLOWLY);
            rss = rss.max(program.rss()?);
        }
        let (mut times, mut failed) = (Vec::new(), 0);
        for (took, failures) in clients.into_iter().filter_map(|client| client.join().ok()) {
            times.extend(took);
            failed += failures;
        }
        Ok(Phase {
            times: Samples::new(times),
            failed,
            rss,
        })
    })
}

fn good(address: SocketAddr, end: Instant) -> (Vec<Duration>, usize) {
    let (mut times, mut failed) = (Vec::new(), 0);
    while Instant::now() < end {
        // The connection's own time is part of its first request's.
        let mut start = Instant::now();
        let Ok(mut client) = Client::connect(address) else {
            failed += 1;
            thread::sleep(PAUSE);
            continue;
        };
        for _ in 0..REQUESTS_A_CONNECTION {
            if !matches!(client.get("/"), Ok((200, _))) {
                failed += 1;
                break;
            }
            times.push(start.elapsed());
            if client.ends() {
                break;
            }
            thread::sleep(PAUSE);
            start = Instant::now();
        }
    }
    (times, failed)
}

/// Half of them never end a head, half never a body.
fn send_slowly(address: SocketAddr, count: usize, done: &AtomicBool, cut: &AtomicU64) {
    let mut senders: Vec<Option<TcpStream>> = (0..count).map(|_| None).collect();
    let group = count.div_ceil(GROUPS as usize);
    while count > 0 && !done.load(Ordering::Acquire) {
        for (number, sender) in senders.iter_mut().enumerate() {
            // They know nothing of one another, and so don't come all at once.
            if number % group == 0 {
                thread::sleep(SLOWLY / GROUPS);
            }
            if let Some(stream) = sender {
                let sent = stream.write(b"a");
                if is_cut(stream) || sent.is_err_and(|error| error.kind() != ErrorKind::WouldBlock) {
                    cut.fetch_add(1, Ordering::Relaxed);
                    *sender = None;
                }
            }
            if sender.is_none() {
                let start = if number % 2 == 0 { SLOW_HEAD } else { SLOW_BODY };
                *sender = TcpStream::connect(address)
                    .and_then(|mut stream| stream.write_all(start).map(|()| stream))
                    .ok();
            }
        }
    }
}

/// An answer is the end of a slow sender too.
fn is_cut(stream: &TcpStream) -> bool {
    let _ = stream.set_nonblocking(true);
    let peeked = stream.peek(&mut [0]).is_ok();
    let _ = stream.set_nonblocking(false);
    peeked || is_closed(stream)
}
