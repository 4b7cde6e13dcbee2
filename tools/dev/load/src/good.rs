//! Good requests: a light HTTP/1.1 load whose latency and failures are measured.

use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant};

use crate::client::Client;
use crate::program::Program;
use crate::samples::Samples;
use crate::Error;

/// Few, so that requests do not queue behind each other.
const CLIENTS: usize = 2;
const PAUSE: Duration = Duration::from_millis(2);
const REQUESTS_PER_CONNECTION: usize = 10;
const MEMORY_INTERVAL: Duration = Duration::from_millis(200);

/// Measurements of one period.
pub(crate) struct Measured {
    pub(crate) times: Samples,
    /// Requests without a response or with a status other than 200.
    pub(crate) failed: usize,
    /// Peak of the sampled resident memory, in bytes.
    pub(crate) rss: u64,
}

/// Sends GET requests for `path` during `time`.
pub(crate) fn measure(program: &Program, path: &str, time: Duration) -> Result<Measured, Error> {
    let end = Instant::now() + time;
    let address = program.address;
    thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|_| scope.spawn(move || send_until(end, address, path)))
            .collect();
        let mut rss = program.rss()?;
        while Instant::now() < end {
            thread::sleep(MEMORY_INTERVAL);
            rss = rss.max(program.rss()?);
        }
        let (mut times, mut failed) = (Vec::new(), 0);
        for (took, failures) in clients.into_iter().filter_map(|client| client.join().ok()) {
            times.extend(took);
            failed += failures;
        }
        Ok(Measured {
            times: Samples::new(times),
            failed,
            rss,
        })
    })
}

fn send_until(end: Instant, address: SocketAddr, path: &str) -> (Vec<Duration>, usize) {
    let (mut times, mut failed) = (Vec::new(), 0);
    while Instant::now() < end {
        // Connecting counts as part of the first request.
        let mut start = Instant::now();
        let Ok(mut client) = Client::connect(address) else {
            failed += 1;
            thread::sleep(PAUSE);
            continue;
        };
        for _ in 0..REQUESTS_PER_CONNECTION {
            let succeeded = matches!(client.get(path), Ok((200, _)));
            let took = start.elapsed();
            thread::sleep(PAUSE);
            if !succeeded {
                failed += 1;
                break;
            }
            times.push(took);
            if client.is_closing() {
                break;
            }
            start = Instant::now();
        }
    }
    (times, failed)
}
