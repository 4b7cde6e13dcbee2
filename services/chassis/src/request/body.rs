//! The body of a request: its limits, and what happens to the rest of one that a handler does not read.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Bytes;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use tokio::runtime::Handle;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{sleep_until, timeout, Instant, Sleep};

use super::context::{BodyFailure, RequestContext};

/// How long a body may take before its rate counts.
const RATE_GRACE: Duration = Duration::from_secs(5);

/// How much of a body that no one reads is read to keep the connection, as in Go's `net/http`.
const MAX_DISCARDED: u64 = 256 << 10;

/// How long that may take.
const DISCARD_TIMEOUT: Duration = Duration::from_secs(5);

/// A request's body within its limits.
pub(super) struct RequestBody {
    /// `None` once it is handed over to be discarded.
    inner: Option<Incoming>,
    context: Arc<RequestContext>,
    http2: bool,
    /// The client waits for `100 Continue` before it sends the body (RFC 9110, section 10.1.1). hyper sends that when the body
    /// is first asked for.
    expects_continue: bool,
    read: u64,
    /// Since the handler first had to wait for a part.
    wait: Option<Wait>,
}

/// A body that did not come with the head.
struct Wait {
    since: Instant,
    timer: Pin<Box<Sleep>>,
    _permit: OwnedSemaphorePermit,
}

impl RequestBody {
    pub(super) fn new(
        inner: Incoming,
        context: Arc<RequestContext>,
        http2: bool,
        expects_continue: bool,
    ) -> Self {
        Self {
            inner: Some(inner),
            context,
            http2,
            expects_continue,
            read: 0,
            wait: None,
        }
    }

    fn fail(&self, failure: BodyFailure) -> BodyFailure {
        self.context.set_body_failure(failure);
        failure
    }

    /// Waits for the next part, at the lowest rate that is allowed.
    fn poll_wait(&mut self, context: &mut Context<'_>) -> Poll<BodyFailure> {
        let rate = self.context.min_rate();
        let wait = match &mut self.wait {
            Some(wait) => wait,
            none => {
                let uploads = Arc::clone(&self.context.shared().uploads);
                let Ok(permit) = uploads.try_acquire_owned() else {
                    return Poll::Ready(self.fail(BodyFailure::TooMany));
                };
                let since = Instant::now();
                none.insert(Wait {
                    since,
                    timer: Box::pin(sleep_until(since + RATE_GRACE)),
                    _permit: permit,
                })
            }
        };
        if rate == 0 {
            return Poll::Pending;
        }
        let deadline = wait.since + RATE_GRACE + Duration::from_millis(1000 * self.read / rate);
        if wait.timer.deadline() < deadline {
            wait.timer.as_mut().reset(deadline);
        }
        match wait.timer.as_mut().poll(context) {
            Poll::Ready(()) => Poll::Ready(self.fail(BodyFailure::TooSlow)),
            Poll::Pending => Poll::Pending,
        }
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = BodyFailure;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyFailure>>> {
        let this = &mut *self;
        let Some(inner) = &mut this.inner else {
            return Poll::Ready(None);
        };
        let max = this.context.max_body();
        if this.read + inner.size_hint().lower() > max {
            return Poll::Ready(Some(Err(this.fail(BodyFailure::TooLong))));
        }
        this.expects_continue = false;
        match Pin::new(inner).poll_frame(context) {
            Poll::Ready(Some(Ok(frame))) => {
                this.read += frame.data_ref().map_or(0, |data| data.len() as u64);
                if this.read > max {
                    return Poll::Ready(Some(Err(this.fail(BodyFailure::TooLong))));
                }
                Poll::Ready(Some(Ok(frame)))
            }
            Poll::Ready(None) => {
                this.context.set_body_has_ended();
                this.wait = None;
                Poll::Ready(None)
            }
            Poll::Ready(Some(Err(_))) => Poll::Ready(Some(Err(this.fail(BodyFailure::Aborted)))),
            Poll::Pending => this.poll_wait(context).map(|failure| Some(Err(failure))),
        }
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
    /// HTTP/1.1 has no other way to the next request than through the rest of the body. HTTP/2 resets the stream.
    fn drop(&mut self) {
        let Some(inner) = self.inner.take().filter(|inner| !inner.is_end_stream()) else {
            return;
        };
        let too_long = inner.size_hint().lower() > MAX_DISCARDED;
        let failed = self.context.body_failure().is_some();
        match Handle::try_current() {
            Ok(runtime) if !self.http2 && !too_long && !failed && !self.expects_continue => {
                runtime.spawn(discard(inner, Arc::clone(&self.context)));
            }
            _ => {
                self.context.set_must_close();
                self.context.connection.state.set_unread_input();
            }
        }
    }
}

/// Reads the rest of a body, so that the connection can be kept.
async fn discard(mut body: Incoming, context: Arc<RequestContext>) {
    let read_all = async {
        let mut discarded = 0;
        while let Some(frame) = next_frame(&mut body).await {
            let Ok(frame) = frame else {
                return false;
            };
            discarded += frame.data_ref().map_or(0, |data| data.len() as u64);
            if discarded > MAX_DISCARDED {
                return false;
            }
        }
        true
    };
    if timeout(DISCARD_TIMEOUT, read_all).await != Ok(true) {
        context.connection.state.set_unread_input();
    }
}

async fn next_frame(body: &mut Incoming) -> Option<Result<Frame<Bytes>, hyper::Error>> {
    std::future::poll_fn(|context| Pin::new(&mut *body).poll_frame(context)).await
}
