//! State shared by the middleware and the bodies of a request.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use axum::extract::MatchedPath;
use axum::http::Extensions;
use axum::response::{IntoResponse, Response};
use chassis_telemetry::trace::{self, Trace};
use chassis_telemetry::Health;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::client::ClientAddr;
use crate::connection_state::ConnectionState;
use crate::descriptors::cap_connections;
use crate::grpc::{self, Call, Code};
use crate::metrics::HttpMetrics;
use crate::problem::Problem;
use crate::settings::{Limits, Proxies};
use crate::shutdown::Shutdown;

/// The limits, metrics and state that all requests of the process share.
pub struct ServerContext {
    pub(crate) metrics: HttpMetrics,
    pub(crate) health: Arc<Health>,
    /// Whether the remaining requests are aborted by the service, not by their clients.
    aborting: AtomicBool,
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
    /// See [`HttpService`](super::HttpService).
    pub(crate) is_operations: bool,
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
    state: Mutex<RequestState>,
}

/// The part of [`RequestContext`] that changes.
pub(super) struct RequestState {
    /// Whether the handler waits for the client to send more of the body.
    pub(super) is_body_pending: bool,
    /// The first error.
    pub(super) body_error: Option<BodyError>,
    /// Whether the connection must be closed after the response.
    pub(super) must_close: bool,
    /// The task that discards an unread chunked body.
    pub(super) discarding: Option<JoinHandle<()>>,
    pub(super) max_body: u64,
    /// In bytes per second; 0 for no minimum.
    pub(super) min_rate: u64,
    /// `Duration::MAX` for no timeout.
    pub(super) timeout: Duration,
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

impl ServerContext {
    /// Caps `MAX_CONNECTIONS` to the limit of open files, and registers the metrics of the server. `shutdown` notifies the handlers
    /// and closes the service's port.
    pub fn new(mut limits: Limits, proxies: Proxies, health: Arc<Health>, shutdown: Shutdown) -> Self {
        limits.connections = cap_connections(limits.connections);
        Self {
            metrics: HttpMetrics::register(),
            health,
            aborting: AtomicBool::new(false),
            request_permits: Semaphore::new(limits.requests),
            upload_permits: Arc::new(Semaphore::new(limits.requests.div_ceil(2))),
            limits,
            proxies,
            shutdown,
        }
    }

    /// Returns whether any request is in flight.
    pub fn has_requests(&self) -> bool {
        self.metrics.in_flight.get() > 0
    }

    /// Reports requests that end without a response from now on with status 503 instead of 499.
    pub fn set_aborting(&self) {
        self.aborting.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_aborting(&self) -> bool {
        self.aborting.load(Ordering::Relaxed)
    }
}

impl RequestContext {
    pub(super) fn new<B>(request: &axum::http::Request<B>, connection: Arc<ConnectionContext>) -> Self {
        let limits = &connection.server.limits;
        Self {
            started: Instant::now(),
            trace: trace::from_headers(request.headers()),
            client: ClientAddr::new(connection.peer, request.headers(), &connection.server.proxies),
            call: Call::from_request(request),
            route: OnceLock::new(),
            state: Mutex::new(RequestState {
                is_body_pending: false,
                body_error: None,
                must_close: false,
                discarding: None,
                max_body: limits.body,
                min_rate: limits.min_rate,
                timeout: limits.request,
            }),
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

    /// The lock is uncontended: it is never held across an `await`.
    pub(super) fn state(&self) -> MutexGuard<'_, RequestState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn body_error(&self) -> Option<BodyError> {
        self.state().body_error
    }

    /// Records the first error.
    pub(super) fn set_body_error(&self, error: BodyError) {
        self.state().body_error.get_or_insert(error);
    }

    /// The time from the head of the request to the head of the response: the lesser of the route's timeout and `grpc-timeout`.
    /// `Duration::MAX` for no timeout.
    pub(super) fn timeout(&self) -> Duration {
        let route = self.state().timeout;
        let call = self.call.as_ref().and_then(|call| call.timeout);
        call.map_or(route, |call| call.min(route))
    }

    /// Converts a problem to a response. For gRPC the code follows from the HTTP status.
    pub(super) fn reject(&self, problem: Problem) -> Response {
        let code = Code::from_http_status(problem.status());
        self.reject_with(code, problem)
    }

    /// Like [`Self::reject`], with another gRPC code.
    pub(super) fn reject_with(&self, code: Code, problem: Problem) -> Response {
        match self.call {
            Some(_) => grpc::reject(code, problem.message()),
            None => problem.into_response(),
        }
    }
}
