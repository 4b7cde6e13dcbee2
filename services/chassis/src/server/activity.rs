//! What a connection is doing, and by when it must have done it.
//!
//! hyper's own timer for heads runs while nothing is asked for, too, and begins only once the protocol is known; so the
//! limits are kept here, for HTTP/1.1 and HTTP/2 alike.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::settings::Limits;

/// A client that was told to go and stays is cut off after this; one that came just before the port was closed has as long to ask.
const PARTING: Duration = Duration::from_secs(1);

/// A connection's state, told by its socket and its requests.
#[derive(Debug)]
pub(crate) struct Activity(Mutex<State>);

#[derive(Debug)]
struct State {
    /// Requests that are being served.
    busy: u32,
    /// Since when nothing is asked for; the start of the connection at first.
    idle: Instant,
    /// When the first byte came after that.
    head: Option<Since>,
    /// Since when the client takes no byte of an answer.
    stuck: Option<Instant>,
    /// Since when a part of an answer is there to be taken, by request: a stream of HTTP/2 can be stuck by its window while
    /// the socket takes all.
    offers: BTreeMap<u64, Instant>,
    requests: u64,
    /// HTTP/2 sends frames without asking for anything.
    http2: bool,
    /// Whether the connection has never asked for anything.
    new: bool,
    /// Since when the port is closed.
    closed: Option<Instant>,
    parting: Option<Instant>,
}

/// When something began.
#[derive(Clone, Copy, Debug)]
enum Since {
    /// Nobody has looked at the clock yet: most heads are whole by the time that somebody would.
    Now,
    Then(Instant),
}

/// Why a connection is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Overdue {
    /// Nothing was asked for: it may end its parting words.
    Idle,
    /// A head that doesn't end, an answer that nobody takes, or a parting that takes too long.
    Stalled,
}

impl Activity {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self(Mutex::new(State::new(Instant::now()))))
    }

    /// A request has begun; it ends with what is returned.
    pub(crate) fn begin(this: &Arc<Self>) -> Busy {
        let request = this.lock().begin();
        Busy {
            activity: Arc::clone(this),
            request,
            ended: None,
        }
    }

    pub(super) fn received(&self, bytes: &[u8]) {
        self.lock().received(bytes);
    }

    /// Whether the client takes what is sent.
    pub(super) fn sent(&self, taken: bool) {
        self.lock().sent(taken, Instant::now);
    }

    /// The port is closed; whether the connection has to part now. One that has not asked for anything yet came when it could
    /// still hope to be answered.
    pub(super) fn closed(&self) -> bool {
        let mut state = self.lock();
        state.closed.get_or_insert_with(Instant::now);
        !state.new
    }

    /// The connection has been told to end.
    pub(super) fn part(&self) {
        self.lock().parting.get_or_insert_with(Instant::now);
    }

    /// By when the connection must have gone on, and what it is if it has not.
    pub(super) fn due(&self, limits: &Limits) -> Option<(Instant, Overdue)> {
        self.lock().due(limits, Instant::now)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request that is being served on a connection.
#[derive(Debug)]
pub(crate) struct Busy {
    activity: Arc<Activity>,
    request: u64,
    ended: Option<Instant>,
}

impl Busy {
    /// Whether a part of the answer has been handed over, and no more is asked for until the client has taken it; else the
    /// service is at work on the next.
    pub(crate) fn offers(&self, part: bool) {
        self.activity.lock().offers(self.request, part, Instant::now);
    }

    /// When it ends; without this the time when it is dropped.
    pub(crate) fn ends(&mut self, now: std::time::Instant) {
        self.ended = Some(now.into());
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        let now = self.ended.unwrap_or_else(Instant::now);
        self.activity.lock().end(self.request, now);
    }
}

impl State {
    fn new(now: Instant) -> Self {
        Self {
            busy: 0,
            idle: now,
            head: None,
            stuck: None,
            offers: BTreeMap::new(),
            requests: 0,
            http2: false,
            new: true,
            closed: None,
            parting: None,
        }
    }

    fn begin(&mut self) -> u64 {
        self.busy += 1;
        self.requests += 1;
        self.head = None;
        self.new = false;
        self.requests
    }

    fn end(&mut self, request: u64, now: Instant) {
        self.busy -= 1;
        self.offers.remove(&request);
        self.idle = now;
        self.head = None;
    }

    fn received(&mut self, bytes: &[u8]) {
        if self.busy > 0 || self.head.is_some() {
            return;
        }
        if self.new {
            self.http2 = bytes.starts_with(b"PRI");
        }
        self.head = Some(Since::Now);
    }

    fn sent(&mut self, taken: bool, now: impl FnOnce() -> Instant) {
        if taken {
            self.stuck = None;
        } else {
            self.stuck.get_or_insert_with(now);
        }
    }

    fn offers(&mut self, request: u64, part: bool, now: impl FnOnce() -> Instant) {
        if part {
            self.offers.insert(request, now());
        } else {
            self.offers.remove(&request);
        }
    }

    fn due(&mut self, limits: &Limits, now: impl FnOnce() -> Instant) -> Option<(Instant, Overdue)> {
        let head = self.head.map(|since| match since {
            Since::Now => now(),
            Since::Then(then) => then,
        });
        self.head = head.map(Since::Then);
        let untaken = self.offers.values().chain(&self.stuck).min();
        let stuck = untaken.map(|since| (*since + limits.request, Overdue::Stalled));
        let waiting =
            (self.busy == 0).then(|| match (self.parting, self.closed.filter(|_| self.new), head) {
                (Some(since), ..) => (since + PARTING, Overdue::Stalled),
                (None, Some(since), _) => (since + PARTING, Overdue::Idle),
                (None, None, Some(since)) if !self.http2 || self.new => {
                    (since + limits.header_read, Overdue::Stalled)
                }
                _ if self.new => (self.idle + limits.header_read, Overdue::Idle),
                _ => (self.idle + limits.keep_alive, Overdue::Idle),
            });
        match (stuck, waiting) {
            (Some(stuck), Some(waiting)) => Some(if stuck.0 < waiting.0 { stuck } else { waiting }),
            (one, other) => one.or(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits {
        header_read: Duration::from_secs(10),
        keep_alive: Duration::from_secs(75),
        request: Duration::from_secs(30),
        body: 0,
        header: 0,
        requests: 0,
        connections: 0,
    };

    /// A state, and when it began.
    fn state() -> (State, Instant) {
        let start = Instant::now();
        (State::new(start), start)
    }

    /// As if nobody had looked since: what has to be, is looked at by [`receive`].
    fn due(state: &mut State) -> Option<(Instant, Overdue)> {
        state.due(&LIMITS, || {
            unreachable!("the clock is looked at after bytes alone")
        })
    }

    /// Bytes come, and the connection looks at the clock.
    fn receive(state: &mut State, bytes: &[u8], now: Instant) {
        state.received(bytes);
        state.due(&LIMITS, || now);
    }

    fn second(start: Instant, second: u64) -> Instant {
        start + Duration::from_secs(second)
    }

    #[test]
    fn a_new_connection_has_the_time_of_a_head() {
        let (mut state, start) = state();
        assert_eq!(due(&mut state), Some((second(start, 10), Overdue::Idle)));
    }

    #[test]
    fn a_head_has_its_time_from_its_first_byte_whatever_comes_after() {
        let (mut state, start) = state();
        receive(&mut state, b"G", second(start, 4));
        receive(&mut state, b"E", second(start, 8));
        assert_eq!(due(&mut state), Some((second(start, 14), Overdue::Stalled)));
    }

    #[test]
    fn a_request_has_all_time_as_long_as_its_answer_is_taken() {
        let (mut state, start) = state();
        receive(&mut state, b"GET / HTTP/1.1\r\n\r\n", start);
        let request = state.begin();
        assert_eq!(due(&mut state), None);
        state.sent(false, || second(start, 1));
        state.sent(false, || second(start, 2));
        assert_eq!(due(&mut state), Some((second(start, 31), Overdue::Stalled)));
        state.sent(true, || second(start, 3));
        state.end(request, second(start, 5));
        assert_eq!(due(&mut state), Some((second(start, 80), Overdue::Idle)));
        receive(&mut state, b"G", second(start, 6));
        assert_eq!(due(&mut state), Some((second(start, 16), Overdue::Stalled)));
    }

    #[test]
    fn a_stream_whose_answer_is_not_taken_is_overdue_whatever_others_do() {
        let (mut state, start) = state();
        receive(&mut state, b"PRI * HTTP/2.0", start);
        let (stuck, other) = (state.begin(), state.begin());
        state.offers(stuck, true, || second(start, 1));
        state.offers(other, true, || second(start, 2));
        state.offers(other, false, || second(start, 3));
        state.sent(true, || second(start, 4));
        assert_eq!(due(&mut state), Some((second(start, 31), Overdue::Stalled)));
        state.end(stuck, second(start, 5));
        assert_eq!(due(&mut state), None);
    }

    #[test]
    fn frames_of_http2_do_not_prolong_or_shorten_idleness() {
        let (mut state, start) = state();
        receive(&mut state, b"PRI * HTTP/2.0", start);
        let request = state.begin();
        state.end(request, second(start, 1));
        receive(&mut state, b"PING", second(start, 5));
        assert_eq!(due(&mut state), Some((second(start, 76), Overdue::Idle)));
    }

    #[test]
    fn what_has_not_asked_before_the_port_is_closed_has_a_moment_to() {
        let (mut state, start) = state();
        receive(&mut state, b"G", start);
        state.closed = Some(second(start, 2));
        assert_eq!(due(&mut state), Some((second(start, 2) + PARTING, Overdue::Idle)));
        let request = state.begin();
        assert_eq!(due(&mut state), None);
        state.end(request, second(start, 5));
        assert_eq!(due(&mut state), Some((second(start, 80), Overdue::Idle)));
    }

    #[test]
    fn a_parting_is_short_once_nothing_is_served() {
        let (mut state, start) = state();
        let request = state.begin();
        state.parting = Some(start);
        assert_eq!(due(&mut state), None);
        state.end(request, second(start, 5));
        assert_eq!(due(&mut state), Some((start + PARTING, Overdue::Stalled)));
    }
}
