//! State shared by the middleware and the bodies of a request.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use axum::extract::MatchedPath;
use axum::http::Extensions;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::client::ClientAddr;
use crate::connection_state::ConnectionState;
use crate::grpc::Call;
use crate::health::Health;
use crate::metrics::HttpMetrics;
use crate::settings::{Limits, Proxies};
use crate::shutdown::Shutdown;
use crate::trace::Trace;

/// Shared by all requests of the process.
pub(crate) struct ServerContext {
    pub(crate) metrics: HttpMetrics,
    pub(crate) health: Arc<Health>,
    /// `MAX_REQUESTS` permits.
    pub(crate) request_permits: Semaphore,
    /// Permits for requests that wait for their body. Half of `MAX_REQUESTS`, so that slow clients do not use all.
    pub(crate) upload_permits: Arc<Semaphore>,
    pub(crate) limits: Limits,
    pub(crate) proxies: Proxies,
    pub(crate) shutdown: Shutdown,
}

/// Shared by the requests of a connection.
pub(crate) struct ConnectionContext {
    pub(crate) state: ConnectionState,
    pub(crate) server: Arc<ServerContext>,
    pub(crate) peer: SocketAddr,
    /// Formatted once per connection, for the log.
    pub(crate) peer_ip: String,
}

/// An extension of each request.
pub(crate) struct RequestContext {
    pub(super) connection: Arc<ConnectionContext>,
    pub(super) started: Instant,
    pub(super) trace: Trace,
    pub(super) client: ClientAddr,
    /// `None` if the request is not gRPC.
    pub(super) call: Option<Box<Call>>,
    route: OnceLock<MatchedPath>,
    is_body_complete: AtomicBool,
    /// The first error.
    body_error: OnceLock<BodyError>,
    must_close: AtomicBool,
    /// The task that discards an unread chunked body.
    discarding: Mutex<Option<JoinHandle<()>>>,
    max_body: AtomicU64,
    min_rate: AtomicU64,
    /// In milliseconds; `u64::MAX` for no timeout.
    timeout: AtomicU64,
}

/// nginx's non-standard status for a client that disconnected before the response.
pub(super) const CLIENT_CLOSED_REQUEST: u16 = 499;

/// Why reading the body of a request failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum BodyError {
    #[error("request body too large")]
    TooLarge,
    #[error("request body too slow")]
    TooSlow,
    #[error("too many requests waiting for their body")]
    TooManyPending,
    #[error("client disconnected")]
    Aborted,
    #[error("malformed request body")]
    Malformed,
}

impl RequestContext {
    pub(super) fn new<B>(request: &axum::http::Request<B>, connection: Arc<ConnectionContext>) -> Self {
        let limits = &connection.server.limits;
        Self {
            started: Instant::now(),
            trace: Trace::from_headers(request.headers()),
            client: ClientAddr::new(connection.peer, request.headers(), &connection.server.proxies),
            call: Call::from_request(request),
            route: OnceLock::new(),
            is_body_complete: AtomicBool::new(false),
            body_error: OnceLock::new(),
            must_close: AtomicBool::new(false),
            discarding: Mutex::new(None),
            max_body: AtomicU64::new(limits.body),
            min_rate: AtomicU64::new(limits.min_rate),
            timeout: AtomicU64::new(milliseconds(limits.request)),
            connection,
        }
    }

    /// Returns `None` if the chassis does not serve the request, as in a test of the routes.
    pub(super) fn get(extensions: &Extensions) -> Option<&Arc<Self>> {
        extensions.get()
    }

    pub(super) fn server(&self) -> &ServerContext {
        &self.connection.server
    }

    pub(super) fn limits(&self) -> &Limits {
        &self.server().limits
    }

    pub(super) fn route(&self) -> &str {
        self.route.get().map_or("unmatched", MatchedPath::as_str)
    }

    pub(super) fn set_route(&self, route: &MatchedPath) {
        // The outermost router sets it first and has the whole pattern.
        let _ = self.route.set(route.clone());
    }

    pub(super) fn is_body_complete(&self) -> bool {
        self.is_body_complete.load(Ordering::Relaxed)
    }

    pub(super) fn set_body_complete(&self) {
        self.is_body_complete.store(true, Ordering::Relaxed);
    }

    pub(super) fn body_error(&self) -> Option<BodyError> {
        self.body_error.get().copied()
    }

    pub(super) fn set_body_error(&self, error: BodyError) {
        let _ = self.body_error.set(error);
    }

    /// Whether the connection must be closed after the response.
    pub(super) fn must_close(&self) -> bool {
        self.must_close.load(Ordering::Relaxed)
    }

    pub(super) fn set_must_close(&self) {
        self.must_close.store(true, Ordering::Relaxed);
    }

    pub(super) fn set_discarding(&self, task: JoinHandle<()>) {
        *self.lock_discarding() = Some(task);
    }

    pub(super) fn take_discarding(&self) -> Option<JoinHandle<()>> {
        self.lock_discarding().take()
    }

    fn lock_discarding(&self) -> MutexGuard<'_, Option<JoinHandle<()>>> {
        self.discarding.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn max_body(&self) -> u64 {
        self.max_body.load(Ordering::Relaxed)
    }

    pub(super) fn set_max_body(&self, bytes: u64) {
        self.max_body.store(bytes, Ordering::Relaxed);
    }

    /// In bytes per second; 0 for no minimum.
    pub(super) fn min_rate(&self) -> u64 {
        self.min_rate.load(Ordering::Relaxed)
    }

    pub(super) fn set_min_rate(&self, bytes_per_second: u64) {
        self.min_rate.store(bytes_per_second, Ordering::Relaxed);
    }

    /// The time from the head of the request to the head of the response: the lesser of the route's timeout and `grpc-timeout`.
    pub(super) fn timeout(&self) -> Option<Duration> {
        let route = match self.timeout.load(Ordering::Relaxed) {
            u64::MAX => None,
            milliseconds => Some(Duration::from_millis(milliseconds)),
        };
        let call = self.call.as_ref().and_then(|call| call.timeout());
        route.into_iter().chain(call).min()
    }

    pub(super) fn set_timeout(&self, timeout: Duration) {
        self.timeout.store(milliseconds(timeout), Ordering::Relaxed);
    }
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
