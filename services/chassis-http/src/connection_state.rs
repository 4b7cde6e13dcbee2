//! The state of a connection and its timeouts.
//!
//! hyper only has a timeout for the head of an HTTP/1.1 request. The timeouts of idle connections and of unread responses are
//! implemented here, for HTTP/1.1 and HTTP/2. The lock is uncontended because one task drives a connection.

mod admission;
mod timeout;

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

pub(crate) use timeout::TimeoutKind;

/// Updated by the socket and the requests of a connection.
#[derive(Debug)]
pub(crate) struct ConnectionState {
    inner: Mutex<Inner>,
    /// Wakes requests that wait for admission.
    capacity_changed: Notify,
}

#[derive(Debug)]
struct Inner {
    is_http2: bool,
    /// Number of requests that have started.
    started: u64,
    /// Number of requests that have not completed.
    open: usize,
    /// Number of open requests that wait for admission.
    waiting: usize,
    /// Maximum number of admitted requests.
    concurrency: usize,
    /// When `concurrency` last doubled because a request waited.
    concurrency_doubled: Option<Instant>,
    /// When the connection was accepted, the last request completed, or its body was read or discarded.
    idle_since: Instant,
    /// When the first byte after `idle_since` was received.
    head_since: Option<Instant>,
    /// Number of request bodies that a handler or a task of it may still read, perhaps after the response.
    reading: usize,
    /// Number of request bodies whose rest is discarded.
    discarding: usize,
    /// Whether part of a request is left in the socket.
    unread_input: bool,
    task: Option<Waker>,
    /// When the client shut down its write half during a request, or the last write after that, and the task to wake after the
    /// request.
    half_closed: Option<(Instant, Waker)>,
    /// Since when the socket accepts no bytes.
    write_blocked: Option<Instant>,
    /// By request, since when the client has had to read the next chunk of the response. `write_blocked` does not cover this,
    /// because an HTTP/2 client can close the window of one stream.
    pending_sends: Vec<(u64, Instant)>,
    /// Unsent response bytes.
    unsent: usize,
    port_closed: Option<Instant>,
    graceful_shutdown: Option<Instant>,
    /// Since when the rest of the input is discarded.
    lingering: Option<Instant>,
}

impl ConnectionState {
    pub(crate) fn new(now: Instant) -> Self {
        Self {
            inner: Mutex::new(Inner {
                is_http2: false,
                started: 0,
                open: 0,
                waiting: 0,
                concurrency: admission::INITIAL_CONCURRENCY,
                concurrency_doubled: None,
                idle_since: now,
                head_since: None,
                reading: 0,
                discarding: 0,
                unread_input: false,
                task: None,
                half_closed: None,
                write_blocked: None,
                pending_sends: Vec::new(),
                unsent: 0,
                port_closed: None,
                graceful_shutdown: None,
                lingering: None,
            }),
            capacity_changed: Notify::new(),
        }
    }

    /// Registers a request. Returns its number.
    pub(crate) fn start_request(&self, is_http2: bool) -> u64 {
        let mut inner = self.lock();
        inner.is_http2 = is_http2;
        inner.started += 1;
        inner.open += 1;
        inner.head_since = None;
        inner.started
    }

    /// Removes a request whose response has been sent or aborted.
    pub(crate) fn end_request(&self, request: u64, now: Instant) {
        let mut inner = self.lock();
        inner.open -= 1;
        inner.idle_since = now;
        inner.pending_sends.retain(|(other, _)| *other != request);
        if let Some((_, task)) = &inner.half_closed {
            task.wake_by_ref();
        }
        let waiting = inner.waiting > 0;
        drop(inner);
        if waiting {
            self.capacity_changed.notify_waiters();
        }
    }

    /// A request has a body, which may be read for longer than its response takes.
    pub(crate) fn start_reading(&self) {
        self.lock().reading += 1;
    }

    pub(crate) fn end_reading(&self, now: Instant) {
        let mut inner = self.lock();
        inner.reading -= 1;
        inner.idle_since = now;
    }

    /// The rest of a request's body is discarded, which may take longer than its response.
    pub(crate) fn start_discarding(&self) {
        self.lock().discarding += 1;
    }

    pub(crate) fn end_discarding(&self, now: Instant) {
        let mut inner = self.lock();
        inner.discarding -= 1;
        inner.idle_since = now;
    }

    pub(crate) fn set_unread_input(&self) {
        self.lock().unread_input = true;
    }

    /// Sets the task of the connection, which waits for [`Self::next_timeout`].
    pub(crate) fn set_task(&self, task: &Waker) {
        self.lock().task = Some(task.clone());
    }

    /// Starts the send timeout of a response, unless it is already running.
    pub(crate) fn start_send(&self, request: u64, now: Instant) {
        let mut inner = self.lock();
        if inner.pending_sends.iter().all(|(other, _)| *other != request) {
            inner.pending_sends.push((request, now));
            // The task of an HTTP/2 stream does not wake that of its connection if the client has closed the window.
            if let Some(task) = inner.task.as_ref().filter(|_| inner.is_http2) {
                task.wake_by_ref();
            }
        }
    }

    /// Extends the send timeout, because the client has read part of a chunk.
    pub(crate) fn extend_send(&self, request: u64, credit: Duration, now: Instant) {
        let mut inner = self.lock();
        if let Some((_, since)) = inner
            .pending_sends
            .iter_mut()
            .find(|(other, _)| *other == request)
        {
            *since = since.checked_add(credit).map_or(now, |since| since.min(now));
        }
    }

    /// Stops the send timeout until the handler produces the next chunk.
    pub(crate) fn finish_send(&self, request: u64) {
        self.lock().pending_sends.retain(|(other, _)| *other != request);
    }

    pub(crate) fn on_read(&self, bytes: &[u8], now: impl FnOnce() -> Instant) {
        let mut inner = self.lock();
        if inner.open > 0 || inner.reading > 0 || inner.discarding > 0 || inner.head_since.is_some() {
            return;
        }
        if inner.started == 0 {
            inner.is_http2 = bytes.starts_with(b"PRI");
        }
        inner.head_since = Some(now());
    }

    /// The client has shut down its write half. Returns whether to hide this from hyper, which would cancel an open request
    /// although the client may still read the response.
    pub(crate) fn on_eof(&self, now: Instant, task: &Waker) -> bool {
        let mut inner = self.lock();
        let hide = inner.open > 0 && !inner.is_http2;
        if hide {
            let since = inner.half_closed.take().map_or(now, |(since, _)| since);
            inner.half_closed = Some((since, task.clone()));
        }
        hide
    }

    /// Whether the client has shut down its write half during a request.
    pub(crate) fn is_half_closed(&self) -> bool {
        self.lock().half_closed.is_some()
    }

    pub(crate) fn on_write(&self, is_ready: bool, now: impl FnOnce() -> Instant) {
        let mut inner = self.lock();
        if is_ready {
            inner.write_blocked = None;
            if let Some((since, _)) = &mut inner.half_closed {
                *since = now();
            }
        } else if inner.write_blocked.is_none() {
            inner.write_blocked = Some(now());
        }
    }

    /// Returns whether the rest of the input must be discarded before closing. Closing a socket with unread bytes resets the
    /// connection, and the client may lose the response (RFC 9112, section 9.6).
    pub(crate) fn must_linger(&self, now: Instant) -> bool {
        let mut inner = self.lock();
        let has_input = inner.unread_input || inner.discarding > 0 || inner.head_since.is_some();
        let linger = !inner.is_http2 && has_input;
        if linger {
            inner.lingering.get_or_insert(now);
        }
        linger
    }

    /// As [`Self::must_linger`], but returns false if the input is already being discarded.
    pub(crate) fn start_linger(&self, now: Instant) -> bool {
        let is_lingering = self.lock().lingering.is_some();
        !is_lingering && self.must_linger(now)
    }

    /// Returns whether to start a graceful shutdown now. A connection without a request has time to send one.
    pub(crate) fn on_port_closed(&self, now: Instant) -> bool {
        let mut inner = self.lock();
        inner.port_closed.get_or_insert(now);
        inner.started > 0 && inner.graceful_shutdown.is_none()
    }

    pub(crate) fn on_graceful_shutdown(&self, now: Instant) {
        self.lock().graceful_shutdown.get_or_insert(now);
    }

    /// Connections are closed in ascending order: idle ones first, the longest idle first.
    pub(crate) fn eviction_order(&self) -> (bool, Instant) {
        let inner = self.lock();
        (inner.open > 0, inner.idle_since)
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Limits;

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

    fn next(state: &ConnectionState) -> Option<(Instant, TimeoutKind)> {
        state.next_timeout(&LIMITS)
    }

    #[test]
    fn new_connection_gets_header_read_timeout() {
        let (state, at) = state();
        assert_eq!(next(&state), Some((at(10), TimeoutKind::Graceful)));
    }

    #[test]
    fn first_byte_starts_header_read_timeout() {
        let (state, at) = state();
        state.on_read(b"G", || at(4));
        state.on_read(b"E", || at(8));
        assert_eq!(next(&state), Some((at(14), TimeoutKind::Abort)));
    }

    #[test]
    fn new_http2_connection_is_shut_down_gracefully() {
        let (state, at) = state();
        state.on_read(b"PRI * HTTP/2.0", || at(4));
        assert_eq!(next(&state), Some((at(10), TimeoutKind::Graceful)));
        state.on_graceful_shutdown(at(10));
        assert_eq!(next(&state), Some((at(11), TimeoutKind::Abort)));
    }

    #[test]
    fn blocked_write_starts_send_timeout() {
        let (state, at) = state();
        state.on_read(b"GET / HTTP/1.1\r\n\r\n", || at(0));
        let request = state.start_request(false);
        assert_eq!(next(&state), None);
        state.on_write(false, || at(1));
        state.on_write(false, || at(2));
        assert_eq!(next(&state), Some((at(31), TimeoutKind::Abort)));
        state.on_write(true, || at(3));
        state.end_request(request, at(5));
        assert_eq!(next(&state), Some((at(80), TimeoutKind::Graceful)));
        state.on_read(b"G", || at(6));
        assert_eq!(next(&state), Some((at(16), TimeoutKind::Abort)));
    }

    #[test]
    fn unread_stream_waits_for_other_streams() {
        let (state, at) = state();
        state.on_read(b"PRI * HTTP/2.0", || at(0));
        let (stuck, other) = (state.start_request(true), state.start_request(true));
        state.start_send(stuck, at(1));
        state.on_write(true, || at(4));
        assert_eq!(next(&state), Some((at(31), TimeoutKind::Graceful)));
        state.on_graceful_shutdown(at(31));
        assert_eq!(next(&state), Some((at(61), TimeoutKind::Abort)));
        state.end_request(other, at(40));
        assert_eq!(next(&state), Some((at(31), TimeoutKind::Abort)));
    }

    #[test]
    fn unread_responses_do_not_delay_shutdown() {
        let (state, at) = state();
        state.on_read(b"PRI * HTTP/2.0", || at(0));
        for second in 1..4 {
            let request = state.start_request(true);
            state.start_send(request, at(second));
        }
        assert!(state.on_port_closed(at(10)));
        state.on_graceful_shutdown(at(10));
        assert_eq!(next(&state), Some((at(4), TimeoutKind::Abort)));
    }

    #[test]
    fn sent_bytes_extend_send_timeout() {
        let (state, at) = state();
        let request = state.start_request(false);
        state.start_send(request, at(1));
        state.extend_send(request, Duration::from_secs(2), at(20));
        assert_eq!(next(&state), Some((at(33), TimeoutKind::Abort)));
        state.extend_send(request, Duration::from_secs(200), at(20));
        assert_eq!(next(&state), Some((at(50), TimeoutKind::Abort)));
        state.finish_send(request);
        assert_eq!(next(&state), None);
    }

    #[test]
    fn hides_half_close_during_requests() {
        let (state, at) = state();
        assert!(!state.on_eof(at(0), Waker::noop()));
        let request = state.start_request(false);
        assert!(state.on_eof(at(1), Waker::noop()));
        assert_eq!(next(&state), Some((at(4), TimeoutKind::Abort)));
        state.end_request(request, at(2));
        assert!(!state.on_eof(at(2), Waker::noop()));
    }

    #[test]
    fn writes_extend_half_closed_timeout() {
        let (state, at) = state();
        state.start_request(false);
        assert!(state.on_eof(at(1), Waker::noop()));
        state.on_write(false, || at(2));
        assert_eq!(next(&state), Some((at(32), TimeoutKind::Abort)));
        state.on_write(true, || at(10));
        assert_eq!(next(&state), Some((at(13), TimeoutKind::Abort)));
    }

    #[test]
    fn late_bodies_are_no_heads() {
        let (state, at) = state();
        state.on_read(b"POST / HTTP/1.1\r\n", || at(0));
        let request = state.start_request(false);
        state.start_discarding();
        state.end_request(request, at(1));
        state.on_read(b"body", || at(2));
        state.end_discarding(at(3));
        assert_eq!(next(&state), Some((at(78), TimeoutKind::Graceful)));
        assert!(!state.must_linger(at(3)));
        state.on_read(b"G", || at(4));
        assert_eq!(next(&state), Some((at(14), TimeoutKind::Abort)));
    }

    #[test]
    fn bodies_that_outlive_their_response_are_no_heads() {
        let (state, at) = state();
        state.on_read(b"POST / HTTP/1.1\r\n", || at(0));
        let request = state.start_request(false);
        state.start_reading();
        state.end_request(request, at(1));
        state.on_read(b"body", || at(2));
        assert_eq!(next(&state), None);
        state.end_reading(at(100));
        assert_eq!(next(&state), Some((at(175), TimeoutKind::Graceful)));
    }

    #[test]
    fn http2_frames_keep_idle_timeout() {
        let (state, at) = state();
        state.on_read(b"PRI * HTTP/2.0", || at(0));
        let request = state.start_request(true);
        state.end_request(request, at(1));
        state.on_read(b"PING", || at(5));
        assert_eq!(next(&state), Some((at(76), TimeoutKind::Graceful)));
    }

    #[test]
    fn split_preface_is_http2() {
        let (state, at) = state();
        state.on_read(b"P", || at(0));
        state.on_read(b"RI * HTTP/2.0", || at(0));
        let request = state.start_request(true);
        state.end_request(request, at(1));
        state.on_read(b"PING", || at(5));
        assert_eq!(next(&state), Some((at(76), TimeoutKind::Graceful)));
    }

    #[test]
    fn closed_port_waits_for_first_request() {
        let (state, at) = state();
        state.on_read(b"G", || at(0));
        assert!(!state.on_port_closed(at(2)));
        assert_eq!(next(&state), Some((at(3), TimeoutKind::Graceful)));
        let request = state.start_request(false);
        assert_eq!(next(&state), None);
        assert!(state.on_port_closed(at(4)));
        state.on_graceful_shutdown(at(4));
        assert!(!state.on_port_closed(at(4)));
        state.end_request(request, at(5));
        assert_eq!(next(&state), Some((at(5), TimeoutKind::Abort)));
    }

    #[test]
    fn http1_lingers_with_unread_input() {
        let (state, at) = state();
        assert!(!state.must_linger(at(0)));
        let request = state.start_request(false);
        state.set_unread_input();
        state.end_request(request, at(1));
        assert!(state.must_linger(at(2)));
        assert_eq!(next(&state), Some((at(32), TimeoutKind::Abort)));
    }
}
