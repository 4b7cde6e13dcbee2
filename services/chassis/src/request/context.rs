//! What is known of a request, and shared by the steps that serve it.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicU8, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::http::{Extensions, StatusCode};
use tokio::sync::Semaphore;
use tokio::time::Instant;

use super::client::ClientAddr;
use crate::connection_state::ConnectionState;
use crate::grpc::Call;
use crate::health::Health;
use crate::metrics::{HttpMetrics, Route};
use crate::settings::{Limits, Proxies};
use crate::shutdown::Shutdown;
use crate::trace::Trace;

/// Shared by all requests of a service.
pub(crate) struct Shared {
    pub(crate) metrics: HttpMetrics,
    pub(crate) health: Arc<Health>,
    /// Permits for requests: `MAX_REQUESTS`.
    pub(crate) requests: Semaphore,
    /// Permits for requests that wait for their body: half of them, so that slow clients leave the rest to others.
    pub(crate) uploads: Arc<Semaphore>,
    pub(crate) limits: Limits,
    pub(crate) proxies: Proxies,
    pub(crate) shutdown: Shutdown,
}

/// Shared by the requests of a connection.
pub(crate) struct Connection {
    pub(crate) state: ConnectionState,
    pub(crate) shared: Arc<Shared>,
    pub(crate) peer: SocketAddr,
    /// The peer's address as text, for the log.
    pub(crate) peer_ip: String,
}

/// A request, as an extension of it.
pub(crate) struct RequestContext {
    pub(super) connection: Arc<Connection>,
    pub(super) started: Instant,
    pub(super) trace: Trace,
    pub(super) client: ClientAddr,
    /// `None` if the request is not gRPC.
    pub(super) call: Option<Box<Call>>,
    route: OnceLock<Route>,
    body_has_ended: AtomicBool,
    body_failure: AtomicU8,
    must_close: AtomicBool,
    max_body: AtomicU64,
    min_rate: AtomicU64,
    /// In milliseconds; the maximum for none.
    timeout: AtomicU64,
}

/// Why a request's body did not end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[repr(u8)]
pub(super) enum BodyFailure {
    #[error("longer than allowed")]
    TooLong = 1,
    #[error("sent too slowly")]
    TooSlow = 2,
    #[error("too many requests wait for their body")]
    TooMany = 3,
    #[error("the client left")]
    Aborted = 4,
}

impl RequestContext {
    pub(super) fn new<B>(request: &axum::http::Request<B>, connection: Arc<Connection>) -> Self {
        let limits = &connection.shared.limits;
        Self {
            started: Instant::now(),
            trace: Trace::of(request.headers()),
            client: ClientAddr::new(connection.peer, request.headers(), &connection.shared.proxies),
            call: Call::of(request),
            route: OnceLock::new(),
            body_has_ended: AtomicBool::new(false),
            body_failure: AtomicU8::new(0),
            must_close: AtomicBool::new(false),
            max_body: AtomicU64::new(limits.body),
            min_rate: AtomicU64::new(limits.min_rate),
            timeout: AtomicU64::new(milliseconds(limits.request)),
            connection,
        }
    }

    /// The context of a request, if the chassis serves it.
    pub(super) fn get(extensions: &Extensions) -> Option<&Arc<Self>> {
        extensions.get()
    }

    pub(super) fn shared(&self) -> &Shared {
        &self.connection.shared
    }

    pub(super) fn limits(&self) -> &Limits {
        &self.shared().limits
    }

    pub(super) fn route(&self) -> &Route {
        self.route.get().unwrap_or(&Route::Unmatched)
    }

    pub(super) fn set_route(&self, route: Route) {
        // The first to be matched is the outermost.
        let _ = self.route.set(route);
    }

    pub(super) fn body_has_ended(&self) -> bool {
        self.body_has_ended.load(Ordering::Relaxed)
    }

    pub(super) fn set_body_has_ended(&self) {
        self.body_has_ended.store(true, Ordering::Relaxed);
    }

    pub(super) fn body_failure(&self) -> Option<BodyFailure> {
        match self.body_failure.load(Ordering::Relaxed) {
            1 => Some(BodyFailure::TooLong),
            2 => Some(BodyFailure::TooSlow),
            3 => Some(BodyFailure::TooMany),
            4 => Some(BodyFailure::Aborted),
            _ => None,
        }
    }

    pub(super) fn set_body_failure(&self, failure: BodyFailure) {
        self.body_failure.store(failure as u8, Ordering::Relaxed);
    }

    /// Whether the connection cannot be used for another request.
    pub(super) fn must_close(&self) -> bool {
        self.must_close.load(Ordering::Relaxed)
    }

    pub(super) fn set_must_close(&self) {
        self.must_close.store(true, Ordering::Relaxed);
    }

    pub(super) fn max_body(&self) -> u64 {
        self.max_body.load(Ordering::Relaxed)
    }

    pub(super) fn set_max_body(&self, bytes: u64) {
        self.max_body.store(bytes, Ordering::Relaxed);
    }

    /// In bytes a second; 0 for none.
    pub(super) fn min_rate(&self) -> u64 {
        self.min_rate.load(Ordering::Relaxed)
    }

    pub(super) fn set_min_rate(&self, bytes_per_second: u64) {
        self.min_rate.store(bytes_per_second, Ordering::Relaxed);
    }

    /// From the head of the request to that of the answer: the route's, or the call's if that is shorter.
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

/// nginx's status for a client that left before its answer.
pub(super) fn client_closed_request() -> StatusCode {
    StatusCode::from_u16(499).unwrap_or(StatusCode::BAD_REQUEST)
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
