//! What a connection is doing, and by when it must have done it.
//!
//! hyper's own timer for heads runs while nothing is asked for, too, and begins only once the protocol is known; so the
//! limits are kept here, for HTTP/1.1 and HTTP/2 alike.
//!
//! A connection and all of its requests are served by one thread. So nothing here is locked, which each request would pay
//! for several times: what is loaded and stored here is atomic because tasks have to be `Send`, not because they are sent.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::Instant;

use super::moment::Moment;
use super::offers::Offers;
use crate::settings::Limits;

/// A client that was told to go and stays is cut off after this; one that came just before the port was closed has as long to ask.
const PARTING: Duration = Duration::from_secs(1);

/// A connection's state, told by its socket and its requests.
#[derive(Debug)]
pub(crate) struct Activity {
    start: Instant,
    /// Requests that have begun, and those of them that have ended.
    begun: AtomicU64,
    ended: AtomicU64,
    /// Since when nothing is asked for, if anything ever was.
    idle: Moment,
    /// Whether a byte came after that, and when the first did: nobody looks at the clock for it before somebody has to, since
    /// most heads are whole by then.
    head: AtomicBool,
    head_since: Moment,
    /// Since when the client takes no byte of an answer.
    stuck: Moment,
    /// A stream of HTTP/2 can be stuck by its window while the socket takes all.
    offers: Offers,
    /// HTTP/2 sends frames without asking for anything.
    http2: AtomicBool,
    /// Since when the port is closed.
    closed: Moment,
    parting: Moment,
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
    /// Of a connection that begins now.
    pub(crate) fn begun_now() -> Self {
        Self::new(Instant::now())
    }

    fn new(start: Instant) -> Self {
        Self {
            start,
            begun: AtomicU64::new(0),
            ended: AtomicU64::new(0),
            idle: Moment::default(),
            head: AtomicBool::new(false),
            head_since: Moment::default(),
            stuck: Moment::default(),
            offers: Offers::default(),
            http2: AtomicBool::new(false),
            closed: Moment::default(),
            parting: Moment::default(),
        }
    }

    /// A request has begun; its number, which it is to be ended with.
    pub(crate) fn begin(&self) -> u64 {
        let request = self.begun() + 1;
        self.begun.store(request, Ordering::Relaxed);
        self.no_head();
        request
    }

    pub(crate) fn end(&self, request: u64, now: Instant) {
        self.ended.store(self.ended() + 1, Ordering::Relaxed);
        self.offers.remove(request);
        self.idle.set(self.start, now);
        self.no_head();
    }

    /// Whether a part of the answer has been handed over, and no more is asked for until the client has taken it; else the
    /// service is at work on the next.
    pub(crate) fn offers(&self, request: u64, part: bool, now: impl FnOnce() -> Instant) {
        if part {
            self.offers.add(request, now());
        } else {
            self.offers.remove(request);
        }
    }

    pub(super) fn received(&self, bytes: &[u8]) {
        if self.busy() || self.head.load(Ordering::Relaxed) {
            return;
        }
        if self.new_here() {
            self.http2.store(bytes.starts_with(b"PRI"), Ordering::Relaxed);
        }
        self.head.store(true, Ordering::Relaxed);
    }

    /// Whether the client takes what is sent.
    pub(super) fn sent(&self, taken: bool, now: impl FnOnce() -> Instant) {
        if taken {
            self.stuck.clear();
        } else {
            self.stuck.set_first(self.start, now);
        }
    }

    /// The port is closed; whether the connection has to part now. One that has not asked for anything yet came when it could
    /// still hope to be answered.
    pub(super) fn closed(&self, now: impl FnOnce() -> Instant) -> bool {
        self.closed.set_first(self.start, now);
        !self.new_here()
    }

    /// The connection has been told to end.
    pub(super) fn part(&self, now: impl FnOnce() -> Instant) {
        self.parting.set_first(self.start, now);
    }

    /// By when the connection must have gone on, and what it is if it has not.
    pub(super) fn due(&self, limits: &Limits, now: impl FnOnce() -> Instant) -> Option<(Instant, Overdue)> {
        if self.head.load(Ordering::Relaxed) {
            self.head_since.set_first(self.start, now);
        }
        let stuck = [self.offers.longest(), self.stuck.get(self.start)];
        let stuck = stuck.into_iter().flatten().min();
        let stuck = stuck.map(|since| (since + limits.request, Overdue::Stalled));
        let waiting = (!self.busy()).then(|| self.waiting(limits));
        match (stuck, waiting) {
            (Some(stuck), Some(waiting)) => Some(if stuck.0 < waiting.0 { stuck } else { waiting }),
            (one, other) => one.or(other),
        }
    }

    /// The same while nothing is being served.
    fn waiting(&self, limits: &Limits) -> (Instant, Overdue) {
        let new = self.new_here();
        let closed = self.closed.get(self.start).filter(|_| new);
        let head = self.head_since.get(self.start);
        match (self.parting.get(self.start), closed, head) {
            (Some(since), ..) => (since + PARTING, Overdue::Stalled),
            (None, Some(since), _) => (since + PARTING, Overdue::Idle),
            (None, None, Some(since)) if new || !self.http2.load(Ordering::Relaxed) => {
                (since + limits.header_read, Overdue::Stalled)
            }
            _ => match self.idle.get(self.start) {
                Some(since) => (since + limits.keep_alive, Overdue::Idle),
                None => (self.start + limits.header_read, Overdue::Idle),
            },
        }
    }

    fn no_head(&self) {
        self.head.store(false, Ordering::Relaxed);
        self.head_since.clear();
    }

    /// Whether it has never asked for anything.
    fn new_here(&self) -> bool {
        self.begun() == 0
    }

    /// Whether a request is being served.
    fn busy(&self) -> bool {
        self.begun() != self.ended()
    }

    fn begun(&self) -> u64 {
        self.begun.load(Ordering::Relaxed)
    }

    fn ended(&self) -> u64 {
        self.ended.load(Ordering::Relaxed)
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

    /// An activity, and when it began.
    fn activity() -> (Activity, Instant) {
        let start = Instant::now();
        (Activity::new(start), start)
    }

    /// As if nobody had looked since: what has to be, is looked at by [`receive`].
    fn due(activity: &Activity) -> Option<(Instant, Overdue)> {
        activity.due(&LIMITS, || {
            unreachable!("the clock is looked at after bytes alone")
        })
    }

    /// Bytes come, and the connection looks at the clock.
    fn receive(activity: &Activity, bytes: &[u8], now: Instant) {
        activity.received(bytes);
        activity.due(&LIMITS, || now);
    }

    fn second(start: Instant, second: u64) -> Instant {
        start + Duration::from_secs(second)
    }

    #[test]
    fn a_new_connection_has_the_time_of_a_head() {
        let (activity, start) = activity();
        assert_eq!(due(&activity), Some((second(start, 10), Overdue::Idle)));
    }

    #[test]
    fn a_head_has_its_time_from_its_first_byte_whatever_comes_after() {
        let (activity, start) = activity();
        receive(&activity, b"G", second(start, 4));
        receive(&activity, b"E", second(start, 8));
        assert_eq!(due(&activity), Some((second(start, 14), Overdue::Stalled)));
    }

    #[test]
    fn a_request_has_all_time_as_long_as_its_answer_is_taken() {
        let (activity, start) = activity();
        receive(&activity, b"GET / HTTP/1.1\r\n\r\n", start);
        let request = activity.begin();
        assert_eq!(due(&activity), None);
        activity.sent(false, || second(start, 1));
        activity.sent(false, || second(start, 2));
        assert_eq!(due(&activity), Some((second(start, 31), Overdue::Stalled)));
        activity.sent(true, || second(start, 3));
        activity.end(request, second(start, 5));
        assert_eq!(due(&activity), Some((second(start, 80), Overdue::Idle)));
        receive(&activity, b"G", second(start, 6));
        assert_eq!(due(&activity), Some((second(start, 16), Overdue::Stalled)));
    }

    #[test]
    fn a_stream_whose_answer_is_not_taken_is_overdue_whatever_others_do() {
        let (activity, start) = activity();
        receive(&activity, b"PRI * HTTP/2.0", start);
        let (stuck, other) = (activity.begin(), activity.begin());
        activity.offers(stuck, true, || second(start, 1));
        activity.offers(other, true, || second(start, 2));
        activity.offers(other, false, || second(start, 3));
        activity.sent(true, || second(start, 4));
        assert_eq!(due(&activity), Some((second(start, 31), Overdue::Stalled)));
        activity.end(stuck, second(start, 5));
        assert_eq!(due(&activity), None);
    }

    #[test]
    fn frames_of_http2_do_not_prolong_or_shorten_idleness() {
        let (activity, start) = activity();
        receive(&activity, b"PRI * HTTP/2.0", start);
        let request = activity.begin();
        activity.end(request, second(start, 1));
        receive(&activity, b"PING", second(start, 5));
        assert_eq!(due(&activity), Some((second(start, 76), Overdue::Idle)));
    }

    #[test]
    fn what_has_not_asked_before_the_port_is_closed_has_a_moment_to() {
        let (activity, start) = activity();
        receive(&activity, b"G", start);
        activity.closed(|| second(start, 2));
        assert_eq!(due(&activity), Some((second(start, 2) + PARTING, Overdue::Idle)));
        let request = activity.begin();
        assert_eq!(due(&activity), None);
        activity.end(request, second(start, 5));
        assert_eq!(due(&activity), Some((second(start, 80), Overdue::Idle)));
    }

    #[test]
    fn a_parting_is_short_once_nothing_is_served() {
        let (activity, start) = activity();
        let request = activity.begin();
        activity.part(|| start);
        assert_eq!(due(&activity), None);
        activity.end(request, second(start, 5));
        assert_eq!(due(&activity), Some((start + PARTING, Overdue::Stalled)));
    }
}
