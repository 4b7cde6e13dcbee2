//! Limits of a route.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use tokio::sync::Semaphore;
use tower::util::BoxCloneSyncService;
use tower::{service_fn, Layer, Service, ServiceExt};

use super::context::RequestContext;
use crate::problem::Problem;

/// A layer that replaces the service's limits for a route.
///
/// If the chassis does not serve the request, as in a test of the routes, only [`RouteLimits::concurrency`] applies.
///
/// ```
/// # extern crate chassis_http as chassis;
/// use std::time::Duration;
///
/// use axum::routing::{get, put};
/// use axum::Router;
/// use chassis::RouteLimits;
/// # async fn upload() {}
/// # async fn report() {}
///
/// let router: Router = Router::new()
///     .route("/files/{name}", put(upload).layer(RouteLimits::new().max_body(1 << 30).no_timeout()))
///     .route("/report", get(report).layer(RouteLimits::new().timeout(Duration::from_secs(120)).concurrency(2)));
/// ```
#[derive(Clone, Debug, Default)]
pub struct RouteLimits {
    max_body: Option<u64>,
    min_rate: Option<u64>,
    timeout: Option<Duration>,
    concurrency: Option<Arc<Semaphore>>,
}

impl RouteLimits {
    /// Creates a layer that changes no limit.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the maximum size of a request body, which replaces `MAX_BODY_BYTES`. Larger bodies are rejected with 413.
    #[must_use]
    pub fn max_body(mut self, bytes: u64) -> Self {
        self.max_body = Some(bytes);
        self
    }

    /// Sets the minimum rate of a request body and of reading the response, which replaces `MIN_DATA_RATE`. 0 disables it, which
    /// streams of messages require.
    #[must_use]
    pub fn min_rate(mut self, bytes_per_second: u64) -> Self {
        self.min_rate = Some(bytes_per_second);
        self
    }

    /// Sets the time to the head of the response, which replaces `REQUEST_TIMEOUT`. Requests that take longer get 503,
    /// or 408 if the handler waits for their body.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Disables `REQUEST_TIMEOUT`.
    #[must_use]
    pub fn no_timeout(mut self) -> Self {
        self.timeout = Some(Duration::MAX);
        self
    }

    /// Sets the maximum number of concurrent requests of the route, in addition to `MAX_REQUESTS`. Excess requests are rejected
    /// with 503.
    ///
    /// A request counts until the handler returns its response, and not while the body of the response streams, as for
    /// `MAX_REQUESTS`. To limit streams, move a permit of a [`Semaphore`] into the body.
    #[must_use]
    pub fn concurrency(mut self, max: usize) -> Self {
        let permits = max.min(Semaphore::MAX_PERMITS);
        self.concurrency = Some(Arc::new(Semaphore::new(permits)));
        self
    }

    fn apply(&self, context: &RequestContext) {
        let mut state = context.state();
        state.max_body = self.max_body.unwrap_or(state.max_body);
        state.min_rate = self.min_rate.unwrap_or(state.min_rate);
        state.timeout = self.timeout.unwrap_or(state.timeout);
    }
}

impl<S> Layer<S> for RouteLimits
where
    S: Service<Request> + Clone + Send + Sync + 'static,
    S::Response: IntoResponse,
    S::Future: Send,
{
    type Service = BoxCloneSyncService<Request, Response, S::Error>;

    fn layer(&self, inner: S) -> Self::Service {
        let limits = self.clone();
        BoxCloneSyncService::new(service_fn(move |request: Request| {
            let (limits, inner) = (limits.clone(), inner.clone());
            async move {
                let context = RequestContext::get(request.extensions());
                if let Some(context) = context {
                    limits.apply(context);
                }
                let Ok(_permit) = limits.concurrency.map(Semaphore::try_acquire_owned).transpose() else {
                    let problem = overloaded("too many requests for this route");
                    return Ok(match context {
                        Some(context) => context.reject(problem),
                        None => problem.into_response(),
                    });
                };
                inner.oneshot(request).await.map(IntoResponse::into_response)
            }
        }))
    }
}

/// 503 with `retry-after`.
pub(super) fn overloaded(detail: &str) -> Problem {
    Problem::new(StatusCode::SERVICE_UNAVAILABLE)
        .detail(detail)
        .retry_after(1)
}
