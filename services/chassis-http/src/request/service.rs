//! The hyper service that passes requests to the routes.

use std::convert::Infallible;
use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{DefaultBodyLimit, MatchedPath, Request};
use axum::http::header::Entry;
use axum::http::{header, HeaderMap, HeaderValue, Method, StatusCode, Version};
use axum::response::Response;
use axum::Router;
use chassis_telemetry::trace::REQUEST_ID;
use hyper::body::{Body as _, Incoming};
use tokio::time::Instant;
use tower::util::MapRequestLayer;

use super::body::{finish_discarding, RequestBody};
use super::context::{ConnectionContext, RequestContext, ServerContext};
use super::middleware::{handle, handle_operations};
use super::response::{InFlightRequest, ResponseBody};
use crate::connection_state::ConnectionState;

/// Serves the requests of one port.
#[derive(Clone)]
pub(crate) struct HttpService {
    router: Router,
    pub(crate) server: Arc<ServerContext>,
    /// Whether it is the operations port, whose requests and connections are neither logged nor counted. Requests are limited
    /// only in size, and a new connection may close the oldest one.
    pub(crate) is_operations: bool,
}

/// Serves the requests of one connection.
#[derive(Clone)]
pub(crate) struct ConnectionService {
    http: HttpService,
    pub(crate) connection: Arc<ConnectionContext>,
}

impl HttpService {
    pub(crate) fn new(routes: Router, server: &Arc<ServerContext>, is_operations: bool) -> Self {
        Self {
            // Without `with_state`, axum would build the routes for each request.
            router: routes.layer(MapRequestLayer::new(record_route)).with_state(()),
            server: Arc::clone(server),
            is_operations,
        }
    }

    pub(crate) fn connection(&self, peer: SocketAddr) -> ConnectionService {
        // A socket that accepts both families has IPv4-mapped addresses.
        let peer = match peer.ip().to_canonical() {
            IpAddr::V4(ip) => (ip, peer.port()).into(),
            IpAddr::V6(_) => peer,
        };
        ConnectionService {
            http: self.clone(),
            connection: Arc::new(ConnectionContext {
                state: ConnectionState::new(Instant::now()),
                server: Arc::clone(&self.server),
                peer,
                is_operations: self.is_operations,
            }),
        }
    }
}

impl hyper::service::Service<hyper::Request<Incoming>> for ConnectionService {
    type Response = Response<ResponseBody>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn call(&self, request: hyper::Request<Incoming>) -> Self::Future {
        let context = Arc::new(RequestContext::new(&request, Arc::clone(&self.connection)));
        let version = request.version();
        let in_flight = Arc::new(InFlightRequest::new(
            Arc::clone(&context),
            request.method().clone(),
            version,
        ));
        let request = with_context(request, &context);
        let routes = self.http.router.clone();
        Box::pin(async move {
            let response = if context.connection.is_operations {
                handle_operations(&context, request, routes).await
            } else {
                context.trace.scope(handle(&context, request, routes)).await
            };
            finish_discarding(&context).await;
            Ok(finish(response, &context, in_flight, version))
        })
    }
}

/// Records the matched route. Called by a layer of the routes, because only a route knows the router's pattern.
fn record_route(request: Request) -> Request {
    let extensions = request.extensions();
    if let (Some(context), Some(path)) = (RequestContext::get(extensions), extensions.get::<MatchedPath>()) {
        context.set_route(path);
    }
    request
}

/// Converts hyper's request to axum's and adds the context as an extension.
fn with_context(request: hyper::Request<Incoming>, context: &Arc<RequestContext>) -> Request {
    let (mut head, body) = request.into_parts();
    head.extensions.insert(Arc::clone(context));
    let http2 = head.version == Version::HTTP_2;
    if http2 {
        join_cookies(&mut head.headers);
    }
    if body.is_end_stream() {
        return Request::from_parts(head, Body::empty());
    }
    let expects_continue = head.headers.contains_key(header::EXPECT);
    let body = RequestBody::new(body, Arc::clone(context), http2, expects_continue);
    let mut request = Request::from_parts(head, Body::new(body));
    // RequestBody enforces the limit.
    DefaultBodyLimit::disable().apply(&mut request);
    request
}

/// Joins the values of `cookie`, which HTTP/2 may split but handlers expect in one field (RFC 9113, section 8.2.3).
fn join_cookies(headers: &mut HeaderMap) {
    if headers.get_all(header::COOKIE).iter().count() < 2 {
        return;
    }
    let mut joined = Vec::new();
    for cookie in headers.get_all(header::COOKIE) {
        if !joined.is_empty() {
            joined.extend_from_slice(b"; ");
        }
        joined.extend_from_slice(cookie.as_bytes());
    }
    if let Ok(cookie) = HeaderValue::try_from(joined) {
        headers.insert(header::COOKIE, cookie);
    }
}

/// Removes the body of a response that has no content (RFC 9110, sections 6.4.1 and 15.3.6). hyper only does so for HTTP/1.1, and
/// not for 205.
fn remove_content(response: &mut Response, method: &Method) {
    let has_no_content = matches!(
        response.status(),
        StatusCode::NO_CONTENT | StatusCode::RESET_CONTENT | StatusCode::NOT_MODIFIED
    );
    if has_no_content {
        response.headers_mut().remove(header::CONTENT_LENGTH);
    } else if *method == Method::HEAD {
        // The length of the response to GET, which hyper would take from the body. 0 if axum has removed the body.
        let length = response.body().size_hint().exact().filter(|length| *length > 0);
        if let (Some(length), Entry::Vacant(entry)) =
            (length, response.headers_mut().entry(header::CONTENT_LENGTH))
        {
            entry.insert(length.into());
        }
    } else {
        return;
    }
    *response.body_mut() = Body::empty();
}

/// Sets the headers of every response and tracks its body.
fn finish(
    mut response: Response,
    context: &RequestContext,
    in_flight: Arc<InFlightRequest>,
    version: Version,
) -> Response<ResponseBody> {
    remove_content(&mut response, &in_flight.method);
    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::from_str(context.trace.request_id()) {
        headers.insert(&REQUEST_ID, id);
    }
    let close = context.state().must_close || context.server().health.is_draining();
    if version < Version::HTTP_2 && close {
        headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    in_flight.set_status(response.status());
    if let Some(call) = &context.call {
        call.record_code(response.headers());
    }
    let length = content_length(&response);
    response.map(|body| ResponseBody::new(body, in_flight, length, version))
}

/// The length that hyper uses for an HTTP/1.1 response.
fn content_length(response: &Response) -> Option<u64> {
    let header = || {
        let value = response.headers().get(header::CONTENT_LENGTH)?;
        value.to_str().ok()?.parse().ok()
    };
    response.body().size_hint().exact().or_else(header)
}
