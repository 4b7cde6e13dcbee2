//! The body of an answer, up to its last byte in the socket.
//!
//! hyper drops a body once it has its last part; that part may wait for a client for as long as the client likes. So each part
//! holds the request, too, and reports how much of it has been sent.

use std::borrow::Cow;
use std::future::Future;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU16, AtomicUsize, Ordering};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Bytes;
use axum::http::{Method, StatusCode};
use hyper::body::{Body, Buf, Frame, SizeHint};
use tokio::time::{sleep_until, Instant, Sleep};

use super::context::{client_closed_request, BodyFailure, Connection, RequestContext};
use crate::grpc::{self, status_headers, Code};
use crate::metrics::Route;

/// A request until its answer has been sent or given up, which is when the last reference is dropped. It is then logged and
/// counted.
pub(super) struct OpenRequest {
    context: Arc<RequestContext>,
    method: Method,
    /// Its number on its connection.
    number: u64,
    /// Whether it is logged and counted: those of the operations port are not.
    recorded: bool,
    status: AtomicU16,
    /// Whether the body has given its last part.
    body_ended: AtomicBool,
    /// Whether a part was dropped before all of it was sent.
    part_lost: AtomicBool,
    unsent: AtomicUsize,
    /// Parts that have not been dropped.
    parts: AtomicUsize,
    /// Whether the service has to produce the next part.
    producing: AtomicBool,
}

impl OpenRequest {
    pub(super) fn new(context: Arc<RequestContext>, method: Method, recorded: bool) -> Self {
        if recorded {
            context.shared().metrics.in_flight.inc();
        }
        Self {
            number: context.connection.state.start_request(),
            context,
            method,
            recorded,
            status: AtomicU16::new(client_closed_request().as_u16()),
            body_ended: AtomicBool::new(false),
            part_lost: AtomicBool::new(false),
            unsent: AtomicUsize::new(0),
            parts: AtomicUsize::new(0),
            producing: AtomicBool::new(false),
        }
    }

    pub(super) fn set_status(&self, status: StatusCode) {
        self.status.store(status.as_u16(), Ordering::Relaxed);
    }

    /// Changes how many bytes of the answer are in memory.
    fn set_unsent(&self, after: usize) {
        let before = self.unsent.swap(after, Ordering::Relaxed);
        if before == after {
            return;
        }
        self.context.connection.state.set_unsent(before, after);
        if self.recorded {
            let bytes = |bytes| i64::try_from(bytes).unwrap_or(i64::MAX);
            self.context
                .shared()
                .metrics
                .unsent
                .inc_by(bytes(after) - bytes(before));
        }
    }

    fn clear_untaken_if_all_sent(&self) {
        if self.producing.load(Ordering::Relaxed) && self.parts.load(Ordering::Relaxed) == 0 {
            self.context.connection.state.clear_untaken(self.number);
        }
    }

    fn sent(&self, bytes: usize) {
        self.set_unsent(self.unsent.load(Ordering::Relaxed).saturating_sub(bytes));
    }

    fn client(&self) -> Cow<'_, str> {
        let Connection { peer, peer_ip, .. } = &*self.context.connection;
        let ip = self.context.client.ip;
        if ip == peer.ip().to_canonical() {
            peer_ip.into()
        } else {
            ip.to_string().into()
        }
    }

    /// Counts a gRPC request; its method as a route, if it is known, and its code.
    fn record_call(&self, complete: bool) -> (Option<Route>, Option<u8>) {
        let Some(call) = &self.context.call else {
            return (None, None);
        };
        let (method, code) = (call.method(), call.code(complete));
        grpc::count(method.as_deref(), code);
        let route = method.map(|method| Route::Matched(Arc::clone(&method.path)));
        (route, Some(code.number()))
    }

    fn record(&self) {
        let status = StatusCode::from_u16(self.status.load(Ordering::Relaxed)).unwrap_or_default();
        let aborted = self.context.body_failure() == Some(BodyFailure::Aborted);
        let status = if aborted { client_closed_request() } else { status };
        let complete = self.body_ended.load(Ordering::Relaxed)
            && !self.part_lost.load(Ordering::Relaxed)
            && status != client_closed_request();
        let latency = self.context.started.elapsed();
        let trace = &self.context.trace;
        let (call_route, grpc_status) = self.record_call(complete);
        let route = call_route.as_ref().unwrap_or_else(|| self.context.route());
        let metrics = &self.context.shared().metrics;
        metrics.request_ended(&self.method, route, status, latency, complete);
        metrics.in_flight.dec();
        tracing::info!(
            target: "request",
            method = self.method.as_str(),
            route = route.as_str(),
            status = status.as_u16(),
            grpc_status,
            latency_ms = to_milliseconds(latency),
            client = &*self.client(),
            trace_id = trace.trace_id(),
            request_id = trace.request_id(),
            answered = complete,
        );
    }
}

impl Drop for OpenRequest {
    fn drop(&mut self) {
        self.set_unsent(0);
        if self.recorded {
            self.record();
        }
        self.context
            .connection
            .state
            .end_request(self.number, Instant::now());
    }
}

/// In microseconds' precision.
fn to_milliseconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1e6).round() / 1e3
}

/// The body of an answer.
pub(crate) struct ResponseBody {
    inner: axum::body::Body,
    request: Arc<OpenRequest>,
    /// That of a gRPC request: the head of an answer may be there long before its end.
    deadline: Option<Pin<Box<Sleep>>>,
}

impl ResponseBody {
    pub(super) fn new(inner: axum::body::Body, request: Arc<OpenRequest>) -> Self {
        let mut body = Self {
            inner,
            request,
            deadline: None,
        };
        // The body of an answer to HEAD is not asked for.
        let ended = body.inner.is_end_stream() || body.request.method == Method::HEAD;
        body.request.body_ended.store(ended, Ordering::Relaxed);
        if !ended {
            body.wait_for_client();
            body.request.set_unsent(body.in_memory());
            let context = &body.request.context;
            let timeout = context.call.as_ref().and_then(|call| call.timeout());
            body.deadline = timeout.map(|timeout| Box::pin(sleep_until(context.started + timeout)));
        }
        body
    }

    /// Bytes that the body holds, as far as it knows.
    fn in_memory(&self) -> usize {
        usize::try_from(self.inner.size_hint().lower()).unwrap_or(usize::MAX)
    }

    fn poll_deadline(&mut self, context: &mut Context<'_>) -> Poll<()> {
        match &mut self.deadline {
            Some(deadline) => deadline.as_mut().poll(context),
            None => Poll::Pending,
        }
    }

    /// Ends the answer to a gRPC request.
    fn end_with(&mut self, code: Code, message: &str) -> Frame<Bytes> {
        self.inner = axum::body::Body::empty();
        Frame::trailers(status_headers(code, message))
    }

    fn wait_for_client(&self) {
        let state = &self.request.context.connection.state;
        state.set_untaken(self.request.number, Instant::now());
    }
}

impl Body for ResponseBody {
    type Data = Part;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Part>, axum::Error>>> {
        let this = &mut *self;
        let before = this.in_memory();
        let inner = Pin::new(&mut this.inner);
        // A panic would end the connection, with the other requests of HTTP/2.
        let poll = match catch_unwind(AssertUnwindSafe(|| inner.poll_frame(context))) {
            Ok(Poll::Pending) => this.poll_deadline(context).map(|()| {
                let message = "the deadline has passed";
                Some(Ok(this.end_with(Code::DEADLINE_EXCEEDED, message)))
            }),
            Ok(poll) => poll,
            Err(_) if this.request.context.call.is_some() => {
                let message = "the handler panicked";
                Poll::Ready(Some(Ok(this.end_with(Code::INTERNAL, message))))
            }
            Err(_) => return Poll::Ready(Some(Err(axum::Error::new(PanicInBody)))),
        };
        let request = &this.request;
        match poll {
            Poll::Pending => {
                request.producing.store(true, Ordering::Relaxed);
                request.clear_untaken_if_all_sent();
                Poll::Pending
            }
            Poll::Ready(Some(Ok(frame))) => {
                this.wait_for_client();
                let part = frame.data_ref().map_or(0, Bytes::len);
                let others = request.unsent.load(Ordering::Relaxed).saturating_sub(before);
                request.set_unsent(others + this.in_memory() + part);
                request.producing.store(false, Ordering::Relaxed);
                if frame.is_data() {
                    request.parts.fetch_add(1, Ordering::Relaxed);
                }
                if let (Some(call), Some(trailers)) = (&request.context.call, frame.trailers_ref()) {
                    call.note_code(trailers);
                }
                let ended = this.inner.is_end_stream() || frame.is_trailers();
                request.body_ended.store(ended, Ordering::Relaxed);
                Poll::Ready(Some(Ok(frame.map_data(|bytes| Part {
                    bytes,
                    request: Arc::clone(request),
                }))))
            }
            Poll::Ready(Some(Err(error))) => Poll::Ready(Some(Err(error))),
            Poll::Ready(None) => {
                request.body_ended.store(true, Ordering::Relaxed);
                Poll::Ready(None)
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

#[derive(Debug, thiserror::Error)]
#[error("the body panicked")]
struct PanicInBody;

/// A part of an answer until it has been sent.
pub(crate) struct Part {
    bytes: Bytes,
    request: Arc<OpenRequest>,
}

impl Buf for Part {
    fn remaining(&self) -> usize {
        self.bytes.len()
    }

    fn chunk(&self) -> &[u8] {
        &self.bytes
    }

    fn advance(&mut self, count: usize) {
        self.bytes.advance(count);
        self.request.sent(count);
        if self.bytes.is_empty() {
            return;
        }
        let context = &self.request.context;
        let now = Instant::now();
        let credit = match context.min_rate() {
            0 => context.limits().send,
            rate => Duration::from_millis(1000 * count as u64 / rate),
        };
        context
            .connection
            .state
            .credit_untaken(self.request.number, credit, now);
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        let request = &self.request;
        request.parts.fetch_sub(1, Ordering::Relaxed);
        if !self.bytes.is_empty() {
            request.part_lost.store(true, Ordering::Relaxed);
            return;
        }
        let state = &request.context.connection.state;
        state.part_taken();
        if !request.body_ended.load(Ordering::Relaxed) {
            // The client has the time for the next part from now on.
            state.credit_untaken(request.number, Duration::MAX, Instant::now());
            request.clear_untaken_if_all_sent();
        }
    }
}
