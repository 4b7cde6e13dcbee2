//! The body of a request: enforces its limits and discards the part that the handler does not read.

use std::error::Error;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Bytes;
use http_body_util::{BodyExt, Limited};
use hyper::body::{Body, Frame, Incoming, SizeHint};
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{sleep_until, timeout, Instant, Sleep};

use super::context::{BodyError, RequestContext};

/// Time before the minimum rate applies.
const RATE_GRACE: Duration = Duration::from_secs(5);

/// Maximum length of an unread rest that is discarded to reuse the connection, in bytes, as in Go's `net/http`.
const MAX_DISCARDED: usize = 256 << 10;

/// The same for HTTP/2. More, because some clients lose the response when the stream of a longer body is reset.
const MAX_DISCARDED_HTTP2: usize = 1 << 20;

const DISCARD_TIMEOUT: Duration = Duration::from_secs(5);

/// How long a response waits for the end of an unread chunked body, whose length is unknown.
const CHUNKED_DISCARD_TIMEOUT: Duration = Duration::from_millis(100);

pub(super) struct RequestBody {
    /// `None` after the end.
    inner: Option<Incoming>,
    context: Arc<RequestContext>,
    is_http2: bool,
    /// Whether the client still waits for `100 Continue` (RFC 9110, section 10.1.1), which hyper sends on the first poll.
    expects_continue: bool,
    read: u64,
    /// `None` until the body is first pending.
    pending: Option<PendingBody>,
}

/// The state of a body that has been pending: its minimum rate and its upload permit.
struct PendingBody {
    /// When the body was first pending, plus the time during which the handler did not wait for it.
    since: Instant,
    /// Since when the handler has not waited for the body.
    paused: Option<Instant>,
    timer: Pin<Box<Sleep>>,
    /// `None` on the operations port, which works while slow clients use all permits of the service.
    _permit: Option<OwnedSemaphorePermit>,
}

impl RequestBody {
    pub(super) fn new(
        inner: Incoming,
        context: Arc<RequestContext>,
        is_http2: bool,
        expects_continue: bool,
    ) -> Self {
        context.connection.state.start_reading();
        Self {
            inner: Some(inner),
            context,
            is_http2,
            expects_continue,
            read: 0,
            pending: None,
        }
    }

    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let Some(inner) = &mut self.inner else {
            return Poll::Ready(None);
        };
        let max = self.context.state().max_body;
        if self.read + inner.size_hint().lower() > max {
            return Poll::Ready(Some(Err(self.fail(BodyError::TooLarge))));
        }
        self.expects_continue = false;
        // After the response, hyper would only report the end of a body of known length with the next request.
        if inner.is_end_stream() {
            return self.end();
        }
        match Pin::new(inner).poll_frame(context) {
            Poll::Ready(Some(Ok(frame))) => {
                if let Some(pending) = &mut self.pending {
                    pending.paused.get_or_insert_with(Instant::now);
                }
                self.read += frame.data_ref().map_or(0, |data| data.len() as u64);
                if self.read > max {
                    return Poll::Ready(Some(Err(self.fail(BodyError::TooLarge))));
                }
                Poll::Ready(Some(Ok(frame)))
            }
            Poll::Ready(None) => self.end(),
            Poll::Ready(Some(Err(error))) => Poll::Ready(Some(Err(self.fail(read_error(&error))))),
            Poll::Pending => self.poll_pending(context).map(|error| Some(Err(error))),
        }
    }

    fn end(&mut self) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        self.inner = None;
        self.pending = None;
        self.context.connection.state.end_reading(Instant::now());
        Poll::Ready(None)
    }

    fn fail(&self, error: BodyError) -> BodyError {
        self.context.set_body_error(error);
        error
    }

    /// Fails if the rest cannot arrive, if no upload permit is available, or when the rate falls below the minimum.
    fn poll_pending(&mut self, context: &mut Context<'_>) -> Poll<BodyError> {
        if self.context.connection.state.is_half_closed() {
            return Poll::Ready(self.fail(BodyError::Aborted));
        }
        let rate = self.context.state().min_rate;
        let pending = match &mut self.pending {
            Some(pending) => pending,
            none => {
                let connection = &self.context.connection;
                let permits =
                    (!connection.is_operations).then(|| Arc::clone(&connection.server.upload_permits));
                let Ok(permit) = permits.map(Semaphore::try_acquire_owned).transpose() else {
                    connection.server.metrics.shed.inc();
                    return Poll::Ready(self.fail(BodyError::TooManyPending));
                };
                let since = Instant::now();
                none.insert(PendingBody {
                    since,
                    paused: None,
                    timer: Box::pin(sleep_until(since + RATE_GRACE)),
                    _permit: permit,
                })
            }
        };
        if rate == 0 {
            return Poll::Pending;
        }
        if let Some(paused) = pending.paused.take() {
            pending.since += paused.elapsed();
        }
        let deadline = pending.since + RATE_GRACE + Duration::from_millis(1000 * self.read / rate);
        if pending.timer.deadline() < deadline {
            pending.timer.as_mut().reset(deadline);
        }
        match pending.timer.as_mut().poll(context) {
            Poll::Ready(()) => Poll::Ready(self.fail(BodyError::TooSlow)),
            Poll::Pending => Poll::Pending,
        }
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let poll = self.poll_next(context);
        self.context.state().is_body_pending = poll.is_pending();
        poll
    }

    fn is_end_stream(&self) -> bool {
        self.inner.as_ref().is_none_or(Incoming::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.inner
            .as_ref()
            .map_or_else(SizeHint::default, Body::size_hint)
    }
}

impl Drop for RequestBody {
    /// An HTTP/1.1 connection can only be reused after the rest of the body has been read. HTTP/2 resets the stream of a longer
    /// body, but not at once, because clients such as curl 7 lose a response that is followed by a reset.
    fn drop(&mut self) {
        self.context.state().is_body_pending = false;
        let Some(inner) = self.inner.take() else {
            return;
        };
        self.context.connection.state.end_reading(Instant::now());
        if inner.is_end_stream() {
            return;
        }
        let too_long = inner.size_hint().lower() > MAX_DISCARDED as u64;
        let failed = self.context.body_error().is_some();
        match Handle::try_current() {
            Ok(runtime) if self.is_http2 || !too_long && !failed && !self.expects_continue => {
                let is_chunked = !self.is_http2 && inner.size_hint().upper().is_none();
                let max = if self.is_http2 {
                    MAX_DISCARDED_HTTP2
                } else {
                    MAX_DISCARDED
                };
                self.context.connection.state.start_discarding();
                let discarding = runtime.spawn(discard(inner, max, Arc::clone(&self.context)));
                if is_chunked {
                    self.context.state().discarding = Some(discarding);
                }
            }
            _ => close_unread(&self.context),
        }
    }
}

/// Distinguishes a malformed chunk from a client that disconnected or reset the stream.
fn read_error(error: &hyper::Error) -> BodyError {
    let source = error
        .source()
        .and_then(|source| source.downcast_ref::<io::Error>());
    match source.map(io::Error::kind) {
        Some(io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput) => BodyError::Malformed,
        _ => BodyError::Aborted,
    }
}

async fn discard(body: Incoming, max: usize, context: Arc<RequestContext>) {
    let mut body = Limited::new(body, max);
    let read_all = async {
        while !body.is_end_stream() {
            match body.frame().await {
                Some(Ok(_)) => {}
                Some(Err(_)) => return false,
                None => break,
            }
        }
        true
    };
    if timeout(DISCARD_TIMEOUT, read_all).await != Ok(true) {
        close_unread(&context);
    }
    context.connection.state.end_discarding(Instant::now());
}

/// Waits for the end of an unread chunked body, or else announces the close of the connection in the response.
pub(super) async fn finish_discarding(context: &RequestContext) {
    let discarding = context.state().discarding.take();
    let Some(mut discarding) = discarding else {
        return;
    };
    if timeout(CHUNKED_DISCARD_TIMEOUT, &mut discarding).await.is_err() {
        discarding.abort();
        close_unread(context);
    }
}

fn close_unread(context: &RequestContext) {
    context.state().must_close = true;
    context.connection.state.set_unread_input();
}
