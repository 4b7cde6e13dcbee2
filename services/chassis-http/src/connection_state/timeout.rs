//! The timeouts of a connection.

use std::time::Duration;

use tokio::time::Instant;

use super::{ConnectionState, Inner};
use crate::settings::Limits;

/// After the port has closed: time for a client to close its connection, to send the request of a new connection, and to read
/// the next chunk of a response.
const CLOSING_TIMEOUT: Duration = Duration::from_secs(1);

/// Time until the next bytes of a response are sent to a client that has shut down its write half of an HTTP/1.1 connection. The
/// client may still read the response or may have disconnected, which only a write reveals.
const HALF_CLOSED_TIMEOUT: Duration = Duration::from_secs(3);

/// How a connection is closed after a timeout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TimeoutKind {
    /// After its open requests have completed.
    Graceful,
    /// Immediately.
    Abort,
}

impl ConnectionState {
    /// Returns the time and the kind of the next timeout.
    pub(crate) fn next_timeout(&self, limits: &Limits) -> Option<(Instant, TimeoutKind)> {
        let inner = self.lock();
        let send = match inner.port_closed {
            Some(_) => limits.send.min(CLOSING_TIMEOUT),
            None => limits.send,
        };
        let abort_after =
            |since: Option<Instant>, timeout| since.map(|since| (since + timeout, TimeoutKind::Abort));
        let open = inner.open > 0;
        let half_closed = inner.half_closed.as_ref().map(|(since, _)| *since);
        [
            abort_after(inner.write_blocked, send),
            abort_after(inner.lingering, send),
            abort_after(
                half_closed.filter(|_| open && inner.write_blocked.is_none()),
                HALF_CLOSED_TIMEOUT,
            ),
            inner.send_timeout(send, limits.send),
            (!open && inner.reading == 0).then(|| inner.idle_timeout(limits)),
        ]
        .into_iter()
        .flatten()
        .min_by_key(|(at, _)| *at)
    }
}

impl Inner {
    /// The timeout of an unread response. hyper cannot reset an HTTP/2 stream whose last chunk is queued, so the whole connection
    /// is closed, gracefully because of its other requests.
    fn send_timeout(&self, send: Duration, others: Duration) -> Option<(Instant, TimeoutKind)> {
        let since = |(_, since): &(u64, Instant)| *since;
        let first = self.pending_sends.iter().map(since).min()?;
        let last = self.pending_sends.iter().map(since).max()?;
        let all = self.pending_sends.len() == self.open;
        match self.graceful_shutdown {
            _ if !self.is_http2 => Some((first + send, TimeoutKind::Abort)),
            None if all && first == last => Some((first + send, TimeoutKind::Abort)),
            None => Some((first + send, TimeoutKind::Graceful)),
            Some(since) if all => Some((last.min(since).max(first) + send, TimeoutKind::Abort)),
            Some(since) => Some((first.max(since) + others, TimeoutKind::Abort)),
        }
    }

    /// The timeout of a connection without open requests.
    fn idle_timeout(&self, limits: &Limits) -> (Instant, TimeoutKind) {
        let is_new = self.started == 0;
        let port_closed = self.port_closed.filter(|_| is_new);
        match (self.graceful_shutdown, port_closed, self.head_since) {
            (Some(since), ..) => (since + CLOSING_TIMEOUT, TimeoutKind::Abort),
            (None, Some(since), _) => (since + CLOSING_TIMEOUT, TimeoutKind::Graceful),
            // Bytes of an HTTP/2 connection need not belong to a request, and its first request may cross GOAWAY.
            (None, None, Some(since)) if !self.is_http2 => (since + limits.header_read, TimeoutKind::Abort),
            _ if is_new => (self.idle_since + limits.header_read, TimeoutKind::Graceful),
            _ => (self.idle_since + limits.keep_alive, TimeoutKind::Graceful),
        }
    }
}
