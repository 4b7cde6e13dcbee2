//! An open-loop load: requests at a constant rate, independent of responses. Latency is measured from the scheduled
//! time of a request, so it includes the wait for a free connection (no coordinated omission).

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::num::NonZeroU64;
use std::thread;
use std::time::{Duration, Instant};

use rustix::event::{poll, PollFd, PollFlags, Timespec};
use rustix::thread::set_current_timer_slack;

use crate::samples::Samples;
use crate::Error;

mod connection;

use connection::Connection;

/// Excluded from the measurement.
const WARM_UP: Duration = Duration::from_millis(500);
/// Wait for responses after the last request was due.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(1);

/// The requests of one run.
#[derive(Clone)]
pub(crate) struct Load {
    /// Requests per second.
    pub(crate) rate: u32,
    pub(crate) connections: usize,
    /// Duration of the measurement.
    pub(crate) time: Duration,
    pub(crate) path: String,
}

/// The result of one run.
pub(crate) struct Latencies {
    pub(crate) times: Samples,
    /// Due requests without a response at the end of the run.
    pub(crate) unanswered: u64,
}

/// Sends GETs from one thread per processor.
pub(crate) fn send(load: &Load, address: SocketAddr) -> Result<Latencies, Error> {
    let processors = thread::available_parallelism().map_err(Error::system("count the processors"))?;
    let senders = processors.get().min(load.connections);
    let start = Instant::now();
    let sent = thread::scope(|scope| {
        let senders: Vec<_> = (0..senders)
            .map(|number| scope.spawn(move || Sender::connect(load, address, number, senders, start)?.run()))
            .collect();
        let joined = senders.into_iter().filter_map(|sender| sender.join().ok());
        joined.collect::<io::Result<Vec<_>>>()
    })
    .map_err(Error::system(format!(
        "send {} requests per second to {address}",
        load.rate
    )))?;
    let (times, unanswered): (Vec<_>, Vec<_>) = sent.into_iter().unzip();
    Ok(Latencies {
        times: Samples::new(times.concat()),
        unanswered: unanswered.iter().sum(),
    })
}

/// The connections and the schedule of one thread.
struct Sender {
    connections: Vec<Connection>,
    /// Connections without a request, in the order in which they became free.
    free: VecDeque<usize>,
    schedule: Schedule,
    measured_from: Instant,
    end: Instant,
    request: Vec<u8>,
    times: Vec<Duration>,
}

impl Sender {
    fn connect(
        load: &Load,
        address: SocketAddr,
        number: usize,
        senders: usize,
        start: Instant,
    ) -> io::Result<Self> {
        let count = load.connections / senders + usize::from(number < load.connections % senders);
        let connections = (0..count)
            .map(|_| Connection::open(address))
            .collect::<io::Result<Vec<_>>>()?;
        Ok(Self {
            free: (0..connections.len()).collect(),
            connections,
            schedule: Schedule::new(load.rate, number, senders, start),
            measured_from: start + WARM_UP,
            end: start + WARM_UP + load.time,
            request: format!("GET {} HTTP/1.1\r\nHost: localhost\r\n\r\n", load.path).into_bytes(),
            times: Vec::new(),
        })
    }

    /// Returns the latencies and the number of unanswered requests.
    fn run(mut self) -> io::Result<(Vec<Duration>, u64)> {
        // By default the kernel wakes threads up to 50 us late.
        set_current_timer_slack(NonZeroU64::new(1))?;
        loop {
            let now = Instant::now();
            self.send_due(now)?;
            let due = self.schedule.due();
            let is_complete = due >= self.end && self.free.len() == self.connections.len();
            if is_complete || now >= self.end + RESPONSE_TIMEOUT {
                let unanswered = self.unanswered();
                return Ok((self.times, unanswered));
            }
            let wake = if self.free.is_empty() || due >= self.end {
                self.end + RESPONSE_TIMEOUT
            } else {
                due
            };
            self.receive(wake.saturating_duration_since(now))?;
        }
    }

    fn send_due(&mut self, now: Instant) -> io::Result<()> {
        while self.schedule.due() <= now.min(self.end) {
            let Some(free) = self.free.pop_front() else {
                break;
            };
            let due = self.schedule.advance();
            if let Some(connection) = self.connections.get_mut(free) {
                connection.send(&self.request, due)?;
            }
        }
        Ok(())
    }

    fn receive(&mut self, timeout: Duration) -> io::Result<()> {
        let timeout = Timespec::try_from(timeout).map_err(io::Error::other)?;
        let busy = self.connections.iter().enumerate();
        let busy = busy.filter(|(_, connection)| connection.is_busy());
        let (busy, mut polled): (Vec<_>, Vec<_>) = busy
            .map(|(number, connection)| (number, PollFd::new(connection, PollFlags::IN)))
            .unzip();
        // Unlike epoll_wait, ppoll has a timeout in nanoseconds.
        poll(&mut polled, Some(&timeout))?;
        let ready: Vec<_> = busy
            .into_iter()
            .zip(polled)
            .filter(|(_, polled)| !polled.revents().is_empty())
            .map(|(number, _)| number)
            .collect();
        for number in ready {
            let Some(connection) = self.connections.get_mut(number) else {
                continue;
            };
            if let Some(due) = connection.receive()? {
                self.free.push_back(number);
                if due >= self.measured_from {
                    self.times.push(due.elapsed());
                }
            }
        }
        Ok(())
    }

    /// Requests in flight, and due requests that were not sent for lack of a free connection.
    fn unanswered(&self) -> u64 {
        let in_flight = (self.connections.len() - self.free.len()) as u64;
        in_flight + self.schedule.count_until(self.end)
    }
}

/// The schedule of one of several senders, which sends every `senders`th request.
struct Schedule {
    start: Instant,
    rate: u64,
    next: u64,
    senders: u64,
}

impl Schedule {
    fn new(rate: u32, number: usize, senders: usize, start: Instant) -> Self {
        Self {
            start,
            rate: rate.into(),
            next: number as u64,
            senders: senders as u64,
        }
    }

    /// The scheduled time of the next request.
    fn due(&self) -> Instant {
        let nanoseconds = u128::from(self.next) * 1_000_000_000 / u128::from(self.rate);
        self.start + Duration::from_nanos(u64::try_from(nanoseconds).unwrap_or(u64::MAX))
    }

    /// Advances by one request and returns the scheduled time of the former next one.
    fn advance(&mut self) -> Instant {
        let due = self.due();
        self.next += self.senders;
        due
    }

    /// The number of remaining requests due until `end`.
    fn count_until(&self, end: Instant) -> u64 {
        let left = end.saturating_duration_since(self.due()).as_nanos();
        let count = left * u128::from(self.rate) / u128::from(self.senders) / 1_000_000_000;
        u64::try_from(count).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn senders_share_the_schedule() {
        let start = Instant::now();
        let due = |number| {
            let mut schedule = Schedule::new(1000, number, 2, start);
            [schedule.advance() - start, schedule.advance() - start].map(|due| due.as_millis())
        };
        assert_eq!([due(0), due(1)], [[0, 2], [1, 3]]);
    }

    #[test]
    fn counts_remaining_requests() {
        let start = Instant::now();
        let mut schedule = Schedule::new(1000, 0, 2, start);
        assert_eq!(schedule.count_until(start + Duration::from_secs(1)), 500);
        schedule.advance();
        assert_eq!(schedule.count_until(start + Duration::from_secs(1)), 499);
        assert_eq!(schedule.count_until(start), 0);
    }
}
