//! The requests of one port, from hyper to the routes and back.

use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::{header, HeaderValue, Version};
use axum::response::Response;
use axum::Router;
use hyper::body::{Body as _, Incoming};
use tokio::time::Instant;

use super::body::RequestBody;
use super::context::{Connection, RequestContext, Shared};
use super::response::{OpenRequest, ResponseBody};
use super::route::NameRoute;
use super::steps::{serve, serve_operations};
use crate::connection_state::ConnectionState;
use crate::trace::REQUEST_ID;

/// Answers the requests of one port.
#[derive(Clone)]
pub(crate) struct HttpService {
    router: Router,
    pub(crate) shared: Arc<Shared>,
    /// Whether requests are logged and counted.
    recorded: bool,
}

/// Answers the requests of one connection.
#[derive(Clone)]
pub(crate) struct ConnectionService {
    http: HttpService,
    pub(crate) connection: Arc<Connection>,
}

impl HttpService {
    /// Serves a service's routes.
    pub(crate) fn service(routes: Router, shared: &Arc<Shared>) -> Self {
        Self {
            // Without `with_state`, axum puts the routes together for each request.
            router: routes.layer(NameRoute).with_state(()),
            shared: Arc::clone(shared),
            recorded: true,
        }
    }

    /// Serves the routes of the operations port.
    pub(crate) fn operations(routes: Router, shared: &Arc<Shared>) -> Self {
        Self {
            router: routes.with_state(()),
            shared: Arc::clone(shared),
            recorded: false,
        }
    }

    /// Whether requests and connections are counted.
    pub(crate) fn is_recorded(&self) -> bool {
        self.recorded
    }

    pub(crate) fn connection(&self, peer: SocketAddr) -> ConnectionService {
        ConnectionService {
            http: self.clone(),
            connection: Arc::new(Connection {
                state: ConnectionState::new(Instant::now()),
                shared: Arc::clone(&self.shared),
                peer,
                peer_ip: peer.ip().to_canonical().to_string(),
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
        let open = Arc::new(OpenRequest::new(
            Arc::clone(&context),
            request.method().clone(),
            self.http.recorded,
        ));
        let request = with_context(request, &context);
        let routes = self.http.router.clone();
        let recorded = self.http.recorded;
        Box::pin(async move {
            let response = if recorded {
                context.trace.scope(serve(&context, request, routes)).await
            } else {
                serve_operations(&context, request, routes).await
            };
            Ok(finish(response, &context, open, version))
        })
    }
}

/// Makes axum's request of hyper's.
fn with_context(request: hyper::Request<Incoming>, context: &Arc<RequestContext>) -> Request {
    let (mut head, body) = request.into_parts();
    head.extensions.insert(Arc::clone(context));
    if body.is_end_stream() {
        context.set_body_has_ended();
        return Request::from_parts(head, Body::empty());
    }
    let expects_continue = head.headers.contains_key(header::EXPECT);
    let http2 = head.version == Version::HTTP_2;
    let body = RequestBody::new(body, Arc::clone(context), http2, expects_continue);
    let mut request = Request::from_parts(head, Body::new(body));
    // RequestBody has the limit.
    DefaultBodyLimit::disable().apply(&mut request);
    request
}

/// Sets the headers of all answers.
fn finish(
    mut response: Response,
    context: &RequestContext,
    open: Arc<OpenRequest>,
    version: Version,
) -> Response<ResponseBody> {
    let headers = response.headers_mut();
    if let Some(id) = context.trace.request_id_header() {
        headers.insert(&REQUEST_ID, id);
    }
    let close = context.must_close() || context.shared().health.is_draining();
    if version < Version::HTTP_2 && close {
        headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    open.set_status(response.status());
    if let Some(call) = &context.call {
        call.note_code(response.headers());
    }
    response.map(|body| ResponseBody::new(body, open))
}
