//! What a connection is doing, and the timeout that follows.
//!
//! hyper has a timer for heads of HTTP/1.1 alone, and none for idle connections or for answers that are not taken. So the
//! timeouts are here, for HTTP/1.1 and HTTP/2 alike. The lock is not contended: one task drives a connection.

mod admission;

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use crate::settings::Limits;

/// After the port was closed: for a client that was asked to leave, for a new one to send its request, and for the next part of
/// an answer to be taken.
const CLOSING_TIMEOUT: Duration = Duration::from_secs(1);

/// For a request whose client has closed its side of an HTTP/1.1 connection: it may wait for the answer, or have left.
const HALF_CLOSED_TIMEOUT: Duration = Duration::from_secs(3);

/// The state of a connection, reported by its socket and its requests.
#[derive(Debug)]
pub(crate) struct ConnectionState {
    inner: Mutex<Inner>,
    /// Wakes requests that wait to run.
    sent: Notify,
}

#[derive(Debug)]
struct Inner {
    http2: bool,
    /// Requests that have started.
    started: u64,
    /// Requests that have not ended.
    open: usize,
    /// Those of them that wait to run.
    waiting: usize,
    /// How many may run at a time.
    concurrency: usize,
    /// Since when there is no open request: from the start, or the end of the last one.
    idle_since: Instant,
    /// When the first byte after that was received.
    head_since: Option<Instant>,
    /// Whether bytes of a request are left in the socket.
    unread_input: bool,
    /// When the client closed its side, with a request open, and the task that has to learn of it afterwards.
    half_closed: Option<(Instant, Waker)>,
    /// Since when the socket takes no byte.
    write_blocked: Option<Instant>,
    /// By request, since when the client has not taken the next part of its answer. On HTTP/2 the socket can take bytes while the
    /// window of a stream is closed.
    untaken: Vec<(u64, Instant)>,
    /// Bytes of answers that wait to be sent.
    unsent: usize,
    /// When the port was closed.
    port_closed: Option<Instant>,
    /// When the client was asked to leave.
    goodbye: Option<Instant>,
    /// When the rest of the input was started to be read and discarded.
    lingering: Option<Instant>,
}

/// How a connection that has timed out ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Timeout {
    /// After its open requests.
    Graceful,
    /// At once.
    Abort,
}

impl ConnectionState {
    pub(crate) fn new(now: Instant) -> Self {
        Self {
            inner: Mutex::new(Inner {
                http2: false,
                started: 0,
                open: 0,
                waiting: 0,
                concurrency: admission::INITIAL_CONCURRENCY,
                idle_since: now,
                head_since: None,
                unread_input: false,
                half_closed: None,
                write_blocked: None,
                untaken: Vec::new(),
                unsent: 0,
                port_closed: None,
                goodbye: None,
                lingering: None,
            }),
            sent: Notify::new(),
        }
    }

    /// A request has started; returns its number.
    pub(crate) fn start_request(&self) -> u64 {
        let mut inner = self.lock();
        inner.started += 1;
        inner.open += 1;
        inner.head_since = None;
        inner.started
    }

    /// The answer of a request has been sent or given up.
    pub(crate) fn end_request(&self, request: u64, now: Instant) {
        let mut inner = self.lock();
        inner.open -= 1;
        inner.idle_since = now;
        inner.untaken.retain(|(other, _)| *other != request);
        if let Some((_, task)) = &inner.half_closed {
            task.wake_by_ref();
        }
        let waiting = inner.waiting > 0;
        drop(inner);
        if waiting {
            self.sent.notify_waiters();
        }
    }

    /// A part of a request's body is left in the socket.
    pub(crate) fn set_unread_input(&self) {
        self.lock().unread_input = true;
    }

    /// The client has to take the next part of an answer, from now on if it did not have to before.
    pub(crate) fn set_untaken(&self, request: u64, now: Instant) {
        let mut inner = self.lock();
        if inner.untaken.iter().all(|(other, _)| *other != request) {
            inner.untaken.push((request, now));
        }
    }

    /// The client took a part that is worth `credit` of time.
    pub(crate) fn credit_untaken(&self, request: u64, credit: Duration, now: Instant) {
        let mut inner = self.lock();
        if let Some((_, since)) = inner.untaken.iter_mut().find(|(other, _)| *other == request) {
            *since = since.checked_add(credit).map_or(now, |since| since.min(now));
        }
    }

    /// The service has to produce the next part of an answer.
    pub(crate) fn clear_untaken(&self, request: u64) {
        self.lock().untaken.retain(|(other, _)| *other != request);
    }

    /// Bytes were received.
    pub(crate) fn received(&self, bytes: &[u8], now: impl FnOnce() -> Instant) {
        let mut inner = self.lock();
        if inner.open > 0 || inner.head_since.is_some() {
            return;
        }
        if inner.started == 0 {
            inner.http2 = bytes.starts_with(b"PRI");
        }
        inner.head_since = Some(now());
    }

    /// The client has closed its side. Whether the end of input is to be hidden from hyper, which would cancel the request: the
    /// client may wait for its answer. (It may also have left, or never finish its request; the timeout is for these.)
    pub(crate) fn half_closed(&self, now: Instant, task: &Waker) -> bool {
        let mut inner = self.lock();
        let hide = inner.open > 0 && !inner.http2;
        if hide {
            let since = inner.half_closed.take().map_or(now, |(since, _)| since);
            inner.half_closed = Some((since, task.clone()));
        }
        hide
    }

    /// Whether the socket took bytes.
    pub(crate) fn sent(&self, taken: bool, now: impl FnOnce() -> Instant) {
        let mut inner = self.lock();
        if taken {
            inner.write_blocked = None;
        } else if inner.write_blocked.is_none() {
            inner.write_blocked = Some(now());
        }
    }

    /// The connection ends. Whether input is left, which has to be read: a socket that is closed with unread bytes resets the
    /// connection, and the client loses the answer (RFC 9112, section 9.6).
    pub(crate) fn must_linger(&self, now: Instant) -> bool {
        let mut inner = self.lock();
        let linger = !inner.http2 && (inner.unread_input || inner.head_since.is_some());
        if linger {
            inner.lingering.get_or_insert(now);
        }
        linger
    }

    /// The port was closed. Whether the connection has to end now: one without a request gets a moment to send it, since it
    /// connected in time.
    pub(crate) fn port_closed(&self, now: Instant) -> bool {
        let mut inner = self.lock();
        inner.port_closed.get_or_insert(now);
        inner.started > 0
    }

    /// The client was asked to leave.
    pub(crate) fn said_goodbye(&self, now: Instant) {
        self.lock().goodbye.get_or_insert(now);
    }

    /// Orders connections by how dispensable they are, the most dispensable first: whether a request is open, and since when there
    /// was none, or when the last one ended.
    pub(crate) fn age(&self) -> (bool, Instant) {
        let inner = self.lock();
        (inner.open > 0, inner.idle_since)
    }

    /// When the connection times out unless something happens.
    pub(crate) fn next_timeout(&self, limits: &Limits) -> Option<(Instant, Timeout)> {
        let inner = self.lock();
        let send = match inner.port_closed {
            Some(_) => limits.send.min(CLOSING_TIMEOUT),
            None => limits.send,
        };
        let abort_after =
            |since: Option<Instant>, timeout| since.map(|since| (since + timeout, Timeout::Abort));
        let open = inner.open > 0;
        let half_closed = inner.half_closed.as_ref().map(|(since, _)| *since);
        [
            abort_after(inner.write_blocked, send),
            abort_after(inner.lingering, send),
            abort_after(half_closed.filter(|_| open), HALF_CLOSED_TIMEOUT),
            inner.untaken_timeout(send, limits.send),
            (!open).then(|| inner.idle_timeout(limits)),
        ]
        .into_iter()
        .flatten()
        .min_by_key(|(at, _)| *at)
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// For an answer that is not taken. hyper offers no way to reset one stream of HTTP/2 whose last part waits, so that the
    /// connection has to end; its other requests may end first.
    fn untaken_timeout(&self, send: Duration, others: Duration) -> Option<(Instant, Timeout)> {
        let since = |(_, since): &(u64, Instant)| *since;
        let first = self.untaken.iter().map(since).min()?;
        let last = self.untaken.iter().map(since).max()?;
        let all = self.untaken.len() == self.open;
        match self.goodbye {
            _ if !self.http2 => Some((first + send, Timeout::Abort)),
            None if all && first == last => Some((first + send, Timeout::Abort)),
            None => Some((first + send, Timeout::Graceful)),
            Some(goodbye) if all => Some((last.min(goodbye).max(first) + send, Timeout::Abort)),
            Some(goodbye) => Some((first.max(goodbye) + others, Timeout::Abort)),
        }
    }

    /// Without an open request.
    fn idle_timeout(&self, limits: &Limits) -> (Instant, Timeout) {
        let new = self.started == 0;
        let port_closed = self.port_closed.filter(|_| new);
        match (self.goodbye, port_closed, self.head_since) {
            (Some(since), ..) => (since + CLOSING_TIMEOUT, Timeout::Abort),
            (None, Some(since), _) => (since + CLOSING_TIMEOUT, Timeout::Graceful),
            // HTTP/2 has frames that belong to no request.
            (None, None, Some(since)) if new || !self.http2 => (since + limits.header_read, Timeout::Abort),
            _ if new => (self.idle_since + limits.header_read, Timeout::Graceful),
            _ => (self.idle_since + limits.keep_alive, Timeout::Graceful),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits {
        header_read: Duration::from_secs(10),
        keep_alive: Duration::from_secs(75),
        request: Duration::from_secs(20),
        send: Duration::from_secs(30),
        min_rate: 0,
        body: 0,
        header_bytes: 0,
        headers: 0,
        unsent: 0,
        requests: 0,
        connections: 0,
    };

    fn state() -> (ConnectionState, impl Fn(u64) -> Instant) {
        let start = Instant::now();
        (ConnectionState::new(start), move |second| {
            start + Duration::from_secs(second)
        })
    }

    fn next(state: &ConnectionState) -> Option<(Instant, Timeout)> {
        state.next_timeout(&LIMITS)
    }

    #[test]
    fn new_connections_have_the_time_of_a_head() {
        let (state, at) = state();
        assert_eq!(next(&state), Some((at(10), Timeout::Graceful)));
    }

    #[test]
    fn heads_time_out_from_their_first_byte() {
        let (state, at) = state();
        state.received(b"G", || at(4));
        state.received(b"E", || at(8));
        assert_eq!(next(&state), Some((at(14), Timeout::Abort)));
    }

    #[test]
    fn open_requests_time_out_only_if_writes_block() {
        let (state, at) = state();
        state.received(b"GET / HTTP/1.1\r\n\r\n", || at(0));
        let request = state.start_request();
        assert_eq!(next(&state), None);
        state.sent(false, || at(1));
        state.sent(false, || at(2));
        assert_eq!(next(&state), Some((at(31), Timeout::Abort)));
        state.sent(true, || at(3));
        state.end_request(request, at(5));
        assert_eq!(next(&state), Some((at(80), Timeout::Graceful)));
        state.received(b"G", || at(6));
        assert_eq!(next(&state), Some((at(16), Timeout::Abort)));
    }

    #[test]
    fn untaken_streams_time_out_after_healthy_ones() {
        let (state, at) = state();
        state.received(b"PRI * HTTP/2.0", || at(0));
        let (stuck, other) = (state.start_request(), state.start_request());
        state.set_untaken(stuck, at(1));
        state.sent(true, || at(4));
        assert_eq!(next(&state), Some((at(31), Timeout::Graceful)));
        state.said_goodbye(at(31));
        assert_eq!(next(&state), Some((at(61), Timeout::Abort)));
        state.end_request(other, at(40));
        assert_eq!(next(&state), Some((at(31), Timeout::Abort)));
    }

    #[test]
    fn untaken_answers_do_not_delay_a_shutdown() {
        let (state, at) = state();
        state.received(b"PRI * HTTP/2.0", || at(0));
        for second in 1..4 {
            let request = state.start_request();
            state.set_untaken(request, at(second));
        }
        assert!(state.port_closed(at(10)));
        state.said_goodbye(at(10));
        assert_eq!(next(&state), Some((at(4), Timeout::Abort)));
    }

    #[test]
    fn taken_bytes_extend_the_time() {
        let (state, at) = state();
        let request = state.start_request();
        state.set_untaken(request, at(1));
        state.credit_untaken(request, Duration::from_secs(2), at(20));
        assert_eq!(next(&state), Some((at(33), Timeout::Abort)));
        state.credit_untaken(request, Duration::from_secs(200), at(20));
        assert_eq!(next(&state), Some((at(50), Timeout::Abort)));
        state.clear_untaken(request);
        assert_eq!(next(&state), None);
    }

    #[test]
    fn half_closed_clients_have_their_request_finished() {
        let (state, at) = state();
        assert!(!state.half_closed(at(0), Waker::noop()));
        let request = state.start_request();
        assert!(state.half_closed(at(1), Waker::noop()));
        assert_eq!(next(&state), Some((at(4), Timeout::Abort)));
        state.end_request(request, at(2));
        assert!(!state.half_closed(at(2), Waker::noop()));
    }

    #[test]
    fn frames_of_http2_do_not_change_idleness() {
        let (state, at) = state();
        state.received(b"PRI * HTTP/2.0", || at(0));
        let request = state.start_request();
        state.end_request(request, at(1));
        state.received(b"PING", || at(5));
        assert_eq!(next(&state), Some((at(76), Timeout::Graceful)));
    }

    #[test]
    fn closed_ports_give_new_connections_a_moment() {
        let (state, at) = state();
        state.received(b"G", || at(0));
        assert!(!state.port_closed(at(2)));
        assert_eq!(next(&state), Some((at(3), Timeout::Graceful)));
        let request = state.start_request();
        assert_eq!(next(&state), None);
        assert!(state.port_closed(at(4)));
        state.said_goodbye(at(4));
        state.end_request(request, at(5));
        assert_eq!(next(&state), Some((at(5), Timeout::Abort)));
    }

    #[test]
    fn unread_input_makes_http1_linger() {
        let (state, at) = state();
        assert!(!state.must_linger(at(0)));
        let request = state.start_request();
        state.set_unread_input();
        state.end_request(request, at(1));
        assert!(state.must_linger(at(2)));
        assert_eq!(next(&state), Some((at(32), Timeout::Abort)));
    }
}
