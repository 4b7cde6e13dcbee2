//! The body of a response, tracked until its last byte is written to the socket.
//!
//! hyper drops a body when it has received the last chunk, which may still be queued. So each chunk also holds a reference to the
//! request and reports how much of it has been sent.

use std::future::Future;
use std::mem;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU16, AtomicUsize, Ordering};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::thread;
use std::time::Duration;

use axum::body::Bytes;
use axum::http::{Method, StatusCode, Version};
use chassis_telemetry::format_error_chain;
use hyper::body::{Body, Buf, Frame, SizeHint};
use tokio::time::{sleep_until, Instant, Sleep};

use super::context::{BodyError, RequestContext, CLIENT_CLOSED_REQUEST};
use super::middleware::body_failure;
use crate::grpc::{self, status_headers, Code};
use crate::metrics::method_label;

/// A request whose response has not been sent or aborted. Logs and counts the request when the last reference is dropped.
pub(super) struct InFlightRequest {
    context: Arc<RequestContext>,
    pub(super) method: Method,
    /// Assigned by [`ConnectionState`](crate::connection_state::ConnectionState).
    number: u64,
    status: AtomicU16,
    /// Whether the body has returned its last chunk.
    is_body_complete: AtomicBool,
    /// Whether a chunk was dropped before all of it was sent.
    chunk_dropped: AtomicBool,
    unsent: AtomicUsize,
    /// Number of queued chunks.
    chunks: AtomicUsize,
    /// Whether the body is pending.
    is_pending: AtomicBool,
}

impl InFlightRequest {
    pub(super) fn new(context: Arc<RequestContext>, method: Method, version: Version) -> Self {
        if !context.connection.is_operations {
            context.server().metrics.in_flight.inc();
        }
        Self {
            number: context.connection.state.start_request(version == Version::HTTP_2),
            context,
            method,
            status: AtomicU16::new(CLIENT_CLOSED_REQUEST),
            is_body_complete: AtomicBool::new(false),
            chunk_dropped: AtomicBool::new(false),
            unsent: AtomicUsize::new(0),
            chunks: AtomicUsize::new(0),
            is_pending: AtomicBool::new(false),
        }
    }

    pub(super) fn set_status(&self, status: StatusCode) {
        self.status.store(status.as_u16(), Ordering::Relaxed);
    }

    /// The body returns chunks and the socket sends them, which may be in different threads.
    fn change_unsent(&self, removed: usize, added: usize) {
        if removed == added {
            return;
        }
        let change = added.wrapping_sub(removed);
        self.unsent.fetch_add(change, Ordering::Relaxed);
        self.context.connection.state.change_unsent(removed, added);
        if !self.context.connection.is_operations {
            let bytes = |bytes| i64::try_from(bytes).unwrap_or(i64::MAX);
            let metrics = &self.context.server().metrics;
            metrics.unsent.inc_by(bytes(added) - bytes(removed));
        }
    }

    /// Called after each change of `is_pending` and of `chunks`. In one order of both changes, the later caller finds both.
    fn finish_send_if_all_sent(&self) {
        if self.is_pending.load(Ordering::SeqCst) && self.chunks.load(Ordering::SeqCst) == 0 {
            self.context.connection.state.finish_send(self.number);
        }
    }

    /// Counts a gRPC request. Returns its method as a route, if it is known, and its code.
    fn record_call(&self, is_complete: bool) -> (Option<&str>, Option<u8>) {
        let Some(call) = &self.context.call else {
            return (None, None);
        };
        let (method, code) = (call.method(), call.code(is_complete));
        grpc::count(method, code);
        (method, Some(code.number()))
    }

    fn record(&self) {
        let mut status = self.status.load(Ordering::Relaxed);
        if self.context.body_error() == Some(BodyError::Aborted) {
            status = CLIENT_CLOSED_REQUEST;
        }
        let is_complete = self.is_body_complete.load(Ordering::Relaxed)
            && !self.chunk_dropped.load(Ordering::Relaxed)
            && status != CLIENT_CLOSED_REQUEST;
        let is_aborting = self.context.server().is_aborting();
        if status == CLIENT_CLOSED_REQUEST && is_aborting {
            status = StatusCode::SERVICE_UNAVAILABLE.as_u16();
        }
        let method = method_label(&self.method);
        let latency = self.context.started.elapsed();
        let trace = &self.context.trace;
        let (call_route, grpc_status) = self.record_call(is_complete);
        let route = call_route.unwrap_or_else(|| self.context.route());
        let metrics = &self.context.server().metrics;
        metrics.record_request(method, route, status, latency, is_complete);
        metrics.in_flight.dec();
        tracing::info!(
            target: "request",
            method,
            route,
            status,
            grpc_status,
            latency_ms = to_milliseconds(latency),
            client = %self.context.client.ip,
            trace_id = trace.trace_id(),
            request_id = trace.request_id(),
            complete = is_complete,
        );
    }
}

impl Drop for InFlightRequest {
    fn drop(&mut self) {
        self.change_unsent(self.unsent.load(Ordering::Relaxed), 0);
        if !self.context.connection.is_operations {
            self.record();
        }
        self.context
            .connection
            .state
            .end_request(self.number, Instant::now());
    }
}

/// Rounds to microseconds.
fn to_milliseconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1e6).round() / 1e3
}

type PollFrame<T> = Poll<Option<Result<Frame<T>, axum::Error>>>;

pub(crate) struct ResponseBody {
    inner: axum::body::Body,
    request: Arc<InFlightRequest>,
    /// The deadline of a gRPC call, which also applies to a response that has started.
    deadline: Option<Pin<Box<Sleep>>>,
    /// The bytes that count as unsent until the body is first polled, because a body in memory returns them as one frame. If
    /// there are more frames, the body is a stream, whose length is not memory.
    unpolled: usize,
    /// The rest of the content, if its length is known.
    remaining: Option<u64>,
    /// Whether hyper drops the body when it has received all of the content. HTTP/2 may have trailers.
    is_http1: bool,
}

impl ResponseBody {
    /// `length` is the content length, if it is known.
    pub(super) fn new(
        inner: axum::body::Body,
        request: Arc<InFlightRequest>,
        length: Option<u64>,
        version: Version,
    ) -> Self {
        let is_http1 = version < Version::HTTP_2;
        let mut body = Self {
            inner,
            request,
            deadline: None,
            unpolled: 0,
            remaining: length,
            is_http1,
        };
        let is_complete = body.inner.is_end_stream() || (is_http1 && length == Some(0));
        body.request
            .is_body_complete
            .store(is_complete, Ordering::Relaxed);
        if is_complete {
            body.request.context.connection.state.on_chunk_sent();
        } else {
            body.start_send();
            body.unpolled = usize::try_from(body.inner.size_hint().lower()).unwrap_or(usize::MAX);
            body.request.change_unsent(0, body.unpolled);
            let context = &body.request.context;
            let timeout = context.call.as_ref().and_then(|call| call.timeout);
            body.deadline = timeout.map(|timeout| Box::pin(sleep_until(context.started + timeout)));
        }
        body
    }

    /// Polls the body within the trace of the request. Returns a panic, which would close the connection and abort the other
    /// streams of HTTP/2.
    fn poll_inner(&mut self, context: &mut Context<'_>) -> thread::Result<PollFrame<Bytes>> {
        let request = &self.request.context;
        request.trace.in_scope(|| {
            let inner = Pin::new(&mut self.inner);
            let polled = catch_unwind(AssertUnwindSafe(|| inner.poll_frame(context)));
            if let Ok(Poll::Ready(Some(Err(error)))) = &polled {
                // The client causes the error of a response that streams the body of its request.
                if request.body_error().is_none() {
                    log_failure(&format_error_chain(error));
                }
            }
            polled
        })
    }

    fn poll_deadline(&mut self, context: &mut Context<'_>) -> Poll<()> {
        match &mut self.deadline {
            Some(deadline) => deadline.as_mut().poll(context),
            None => Poll::Pending,
        }
    }

    /// A body that always has another frame is never pending, so the timer is not polled.
    fn is_past_deadline(&self) -> bool {
        let deadline = self.deadline.as_ref();
        deadline.is_some_and(|deadline| deadline.deadline() <= Instant::now())
    }

    fn end_after_deadline(&mut self) -> Frame<Bytes> {
        self.end_with_status(Code::DEADLINE_EXCEEDED, "deadline exceeded")
    }

    /// Ends the response to a gRPC call.
    fn end_with_status(&mut self, code: Code, message: &str) -> Frame<Bytes> {
        self.deadline = None;
        self.inner = axum::body::Body::empty();
        Frame::trailers(status_headers(code, message))
    }

    /// Stores whether the body has returned its last chunk. A body of known length may not be polled again.
    fn store_complete(&self, has_ended: bool) {
        let has_all = self.remaining.is_none_or(|rest| rest == 0);
        let is_complete = has_all && (has_ended || (self.is_http1 && self.remaining.is_some()));
        if has_ended && !has_all {
            self.request.context.trace.in_scope(|| {
                log_failure("shorter than its content-length");
            });
        }
        self.request
            .is_body_complete
            .store(is_complete, Ordering::Relaxed);
    }

    fn start_send(&self) {
        let state = &self.request.context.connection.state;
        state.start_send(self.request.number, Instant::now());
    }
}

impl Body for ResponseBody {
    type Data = ResponseChunk;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> PollFrame<ResponseChunk> {
        let this = &mut *self;
        let polled = if this.is_past_deadline() {
            Ok(Poll::Ready(Some(Ok(this.end_after_deadline()))))
        } else {
            this.poll_inner(context)
        };
        let poll = match polled {
            Ok(Poll::Pending) => this
                .poll_deadline(context)
                .map(|()| Some(Ok(this.end_after_deadline()))),
            Ok(poll) => poll,
            Err(_) if this.request.context.call.is_some() => {
                let message = "handler panicked";
                Poll::Ready(Some(Ok(this.end_with_status(Code::INTERNAL, message))))
            }
            Err(_) => return Poll::Ready(Some(Err(axum::Error::new(BodyPanicked)))),
        };
        let request = &this.request;
        let length = match &poll {
            Poll::Ready(Some(Ok(frame))) => frame.data_ref().map_or(0, Bytes::len),
            _ => 0,
        };
        request.change_unsent(mem::take(&mut this.unpolled), length);
        match poll {
            Poll::Pending => {
                request.is_pending.store(true, Ordering::SeqCst);
                request.finish_send_if_all_sent();
                Poll::Pending
            }
            Poll::Ready(Some(Ok(mut frame))) => {
                this.start_send();
                request.is_pending.store(false, Ordering::SeqCst);
                if frame.is_data() {
                    request.chunks.fetch_add(1, Ordering::SeqCst);
                }
                if let (Some(call), Some(trailers)) = (&request.context.call, frame.trailers_mut()) {
                    let code = Code::from_headers(trailers);
                    if let Some((code, problem)) = code.and_then(|code| body_failure(&request.context, code))
                    {
                        *trailers = status_headers(code, problem.message());
                    }
                    call.record_code(trailers);
                }
                this.remaining = this.remaining.map(|rest| rest.saturating_sub(length as u64));
                let has_ended = this.inner.is_end_stream() || frame.is_trailers();
                this.store_complete(has_ended);
                Poll::Ready(Some(Ok(frame.map_data(|bytes| ResponseChunk {
                    bytes,
                    request: Arc::clone(request),
                }))))
            }
            Poll::Ready(Some(Err(error))) => Poll::Ready(Some(Err(error))),
            Poll::Ready(None) => {
                this.store_complete(true);
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

impl Drop for ResponseBody {
    /// A panic would close the connection before the last chunk is sent.
    fn drop(&mut self) {
        let body = mem::take(&mut self.inner);
        let _ = catch_unwind(AssertUnwindSafe(|| drop(body)));
    }
}

fn log_failure(error: &str) {
    tracing::error!(error, "response body failed");
}

#[derive(Debug, thiserror::Error)]
#[error("response body panicked")]
struct BodyPanicked;

/// A chunk of a response until it has been sent.
pub(crate) struct ResponseChunk {
    bytes: Bytes,
    request: Arc<InFlightRequest>,
}

impl Buf for ResponseChunk {
    fn remaining(&self) -> usize {
        self.bytes.len()
    }

    fn chunk(&self) -> &[u8] {
        &self.bytes
    }

    fn advance(&mut self, count: usize) {
        self.bytes.advance(count);
        self.request.change_unsent(count, 0);
        if self.bytes.is_empty() {
            return;
        }
        let context = &self.request.context;
        let now = Instant::now();
        let credit = match context.state().min_rate {
            0 => context.limits().send,
            rate => Duration::from_millis(1000 * count as u64 / rate),
        };
        let state = &context.connection.state;
        state.extend_send(self.request.number, credit, now);
    }
}

impl Drop for ResponseChunk {
    fn drop(&mut self) {
        let request = &self.request;
        request.chunks.fetch_sub(1, Ordering::SeqCst);
        if !self.bytes.is_empty() {
            request.chunk_dropped.store(true, Ordering::Relaxed);
            return;
        }
        let state = &request.context.connection.state;
        state.on_chunk_sent();
        if !request.is_body_complete.load(Ordering::Relaxed) {
            // Restarts the send timeout for the next chunk.
            state.extend_send(request.number, Duration::MAX, Instant::now());
            request.finish_send_if_all_sent();
        }
    }
}
