//! Serves one connection.

use std::error::Error;
use std::future::{poll_fn, Future};
use std::pin::{pin, Pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::http::StatusCode;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use tokio::net::TcpStream;
use tokio::time::{sleep_until, Instant, Sleep};

use super::io::TrackedIo;
use crate::connection_state::TimeoutKind;
use crate::request::{ConnectionContext, ConnectionService};
use crate::settings::Limits;
use crate::shutdown::Shutdown;

/// Concurrent streams of an HTTP/2 connection.
const MAX_STREAMS: u32 = 128;

/// Bytes that an HTTP/2 client may send before the handlers read them. A multiple of [`STREAM_WINDOW`], so that one unread body
/// does not stall the other streams.
const CONNECTION_WINDOW: u32 = 4 * STREAM_WINDOW;
const STREAM_WINDOW: u32 = 256 << 10;

/// The send buffer of an HTTP/2 stream, in bytes.
const MAX_STREAM_BUFFER: usize = 1 << 16;

/// hyper neither logs nor counts its 431 to a larger header list of HTTP/2. The chassis rejects lists above `MAX_HEADER_BYTES`
/// itself, up to this multiple.
const MAX_HEADER_LIST_FACTOR: u32 = 2;

/// Serves a connection until it closes or times out. Shuts it down gracefully when the port closes.
pub(super) async fn serve(stream: TcpStream, service: ConnectionService, shutdown: Shutdown) {
    let connection = Arc::clone(&service.connection);
    let limits = connection.server.limits;
    // Responses are written whole, so Nagle's algorithm would only add latency.
    let _ = stream.set_nodelay(true);
    let io = TokioIo::new(TrackedIo {
        stream,
        connection: Arc::clone(&connection),
    });
    let builder = builder(&limits);
    let mut hyper = pin!(builder.serve_connection(io, service));
    let mut port_closed = pin!(shutdown.requested());
    let mut port_is_open = true;
    let mut sleep = pin!(sleep_until(Instant::now() + limits.header_read));

    poll_fn(|context| {
        connection.state.set_task(context.waker());
        Poll::Ready(())
    })
    .await;
    poll_fn(|context| loop {
        let now = Instant::now;
        match hyper.as_mut().poll(context) {
            // hyper completes without shutting down the socket if a request asked for an upgrade. Polled again, it shuts it down.
            Poll::Ready(Ok(())) if connection.state.start_linger(now()) => continue,
            Poll::Ready(result) => {
                if let Err(error) = result {
                    record_malformed(&connection, error.as_ref());
                }
                return Poll::Ready(());
            }
            Poll::Pending => {}
        }
        port_is_open = port_is_open && port_closed.as_mut().poll(context).is_pending();
        let mut graceful = !port_is_open && connection.state.on_port_closed(now());
        match poll_timeout(&connection, sleep.as_mut(), context) {
            Poll::Ready(TimeoutKind::Abort) => return Poll::Ready(()),
            Poll::Ready(TimeoutKind::Graceful) => graceful = true,
            Poll::Pending => {}
        }
        if !graceful {
            return Poll::Pending;
        }
        connection.state.on_graceful_shutdown(now());
        hyper.as_mut().graceful_shutdown();
    })
    .await;
}

fn builder(limits: &Limits) -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .max_buf_size(limits.header_bytes as usize)
        .max_headers(limits.headers)
        // ConnectionState has the timeout.
        .header_read_timeout(None::<Duration>);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(MAX_STREAMS)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .initial_stream_window_size(STREAM_WINDOW)
        .max_header_list_size(limits.header_bytes * MAX_HEADER_LIST_FACTOR)
        .max_send_buf_size(MAX_STREAM_BUFFER);
    builder
}

/// Counts and logs a request that hyper rejected. Other errors mean that the client disconnected.
fn record_malformed(connection: &ConnectionContext, error: &(dyn Error + Send + Sync + 'static)) {
    let Some(status) = error.downcast_ref::<hyper::Error>().and_then(parse_error_status) else {
        return;
    };
    connection.server.metrics.record_malformed(status.as_u16());
    tracing::debug!(status = status.as_u16(), %error, "malformed request");
}

/// The status of hyper's response to a request that it could not parse.
fn parse_error_status(error: &hyper::Error) -> Option<StatusCode> {
    if error.is_parse_too_large() {
        // Only the message distinguishes the two errors.
        return Some(if error.to_string().contains("URI") {
            StatusCode::URI_TOO_LONG
        } else {
            StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE
        });
    }
    error.is_parse().then_some(StatusCode::BAD_REQUEST)
}

/// Waits for [`ConnectionState::next_timeout`](crate::connection_state::ConnectionState::next_timeout).
fn poll_timeout(
    connection: &ConnectionContext,
    mut sleep: Pin<&mut Sleep>,
    context: &mut Context<'_>,
) -> Poll<TimeoutKind> {
    let limits = &connection.server.limits;
    loop {
        let next = connection.state.next_timeout(limits);
        // The timer may fire early, because resetting it for each request costs more than a spurious wakeup.
        if let Some((at, _)) = next.filter(|(at, _)| *at < sleep.deadline()) {
            sleep.as_mut().reset(at);
        }
        if sleep.as_mut().poll(context).is_pending() {
            return Poll::Pending;
        }
        let now = Instant::now();
        match next {
            Some((at, timeout)) if at <= now => return Poll::Ready(timeout),
            Some((at, _)) => sleep.as_mut().reset(at),
            None => sleep.as_mut().reset(now + limits.keep_alive),
        }
    }
}
