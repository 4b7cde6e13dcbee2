//! Good requests alongside idle connections and slow senders.

use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use crate::client::Client;
use crate::good::{measure, Measured};
use crate::limits::raise_open_files;
use crate::program::Program;
use crate::samples::{megabytes, milliseconds};
use crate::slow::send_slowly;
use crate::Error;

const SLOW_HEAD: &[u8] = b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ";
const SLOW_BODY: &[u8] = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n";
/// Open files of this process and of the program other than the connections.
const SPARE_FILES: usize = 200;

/// Options of `load idle`.
pub(crate) struct Options {
    /// The service program.
    pub(crate) program: PathBuf,
    /// Count of idle connections.
    pub(crate) connections: usize,
    /// Count of slow senders. A closed one is reopened.
    pub(crate) slow: usize,
    /// Duration of each measurement, alone and alongside the others.
    pub(crate) time: Duration,
    /// Bound of the p99 of good requests, as a multiple of the p99 alone.
    pub(crate) max_ratio: f64,
    /// Bound of the program's resident memory, in bytes.
    pub(crate) max_rss: u64,
}

/// The default memory bound, about three times what hyper alone needs for a used connection.
pub(crate) fn default_max_rss(connections: usize) -> u64 {
    10_000_000 + 32_000 * u64::try_from(connections).unwrap_or(u64::MAX / 64_000)
}

/// Prints a table. Returns false if a good request failed or a bound is exceeded.
pub(crate) fn run(options: &Options, out: &mut dyn Write) -> Result<bool, Error> {
    let files = options.connections + options.slow + SPARE_FILES;
    raise_open_files(u64::try_from(files).unwrap_or(u64::MAX))?;
    let program = Program::start(&options.program, &[("KEEP_ALIVE_TIMEOUT", "10m")])?;
    let address = program.address;

    let alone = measure(&program, "/", options.time)?;
    let idle = (0..options.connections)
        .map(|_| idle_connection(address))
        .collect::<Result<Vec<_>, _>>()?;
    let done = AtomicBool::new(false);
    let closed_senders = AtomicU64::new(0);
    let loaded = thread::scope(|scope| {
        scope.spawn(|| {
            send_slowly(
                address,
                options.slow,
                &[SLOW_HEAD, SLOW_BODY],
                &done,
                &closed_senders,
            );
        });
        let loaded = measure(&program, "/", options.time);
        done.store(true, Ordering::Release);
        loaded
    })?;
    let closed = idle.iter().filter(|client| client.is_closed()).count();

    let ratio = loaded.times.percentile(99).as_secs_f64() / alone.times.percentile(99).as_secs_f64();
    let text = format!(
        "| good requests | count | failed | median, ms | p99, ms | resident, MB |\n|---|---|---|---|---|---|\n\
         {}{}\n{} of {} idle connections stayed open; {} slow senders were closed; p99 ratio {ratio:.2}\n",
        row("alone", &alone),
        row(&format!("with {} idle, {} slow", options.connections, options.slow), &loaded),
        options.connections - closed,
        options.connections,
        closed_senders.load(Ordering::Relaxed),
    );
    out.write_all(text.as_bytes()).map_err(Error::system("print"))?;
    let count = alone.times.count().min(loaded.times.count());
    Ok(alone.failed + loaded.failed + closed == 0
        && count > 0
        && ratio <= options.max_ratio
        && loaded.rss <= options.max_rss)
}

fn row(name: &str, measured: &Measured) -> String {
    format!(
        "| {name} | {} | {} | {} | {} | {} |\n",
        measured.times.count(),
        measured.failed,
        milliseconds(measured.times.percentile(50)),
        milliseconds(measured.times.percentile(99)),
        megabytes(measured.rss),
    )
}

/// Opens a connection and sends one request.
fn idle_connection(address: SocketAddr) -> Result<Client, Error> {
    let mut client = Client::connect(address).map_err(Error::system("open an idle connection"))?;
    client
        .get("/")
        .map_err(Error::system("send a request on an idle connection"))?;
    Ok(client)
}
