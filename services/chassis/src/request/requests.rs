//! The requests of one connection, from hyper to the service's routes.

use std::cell::RefCell;
use std::convert::Infallible;
use std::sync::Arc;

use axum::body::{Body, HttpBody};
use axum::extract::{DefaultBodyLimit, Request};
use axum::response::Response;
use axum::routing::future::RouteFuture;
use axum::Router;
use http_body_util::Limited;
use hyper::body::Incoming;
use hyper::service::Service;
use tower_service::Service as _;

use super::answer::{Answer, Source};
use super::body::{Download, Upload};
use super::handler::Handler;
use super::record::Record;
use super::trace::Trace;
use crate::caught::Caught;
use crate::server::Activity;

/// Answers what a client asks.
pub(crate) struct Requests {
    router: RefCell<Router>,
    client: Arc<Client>,
}

/// Whoever is at a connection's other end. Its requests hold this alone: if they held what all connections hold, each would
/// be counted where every core writes.
pub(crate) struct Client {
    pub(crate) activity: Activity,
    pub(crate) handler: Arc<Handler>,
}

impl Requests {
    pub(super) fn new(router: Router, handler: Arc<Handler>) -> Self {
        Self {
            router: RefCell::new(router),
            client: Arc::new(Client {
                activity: Activity::begun_now(),
                handler,
            }),
        }
    }

    pub(crate) fn client(&self) -> Arc<Client> {
        Arc::clone(&self.client)
    }

    fn route(&self, request: hyper::Request<Incoming>, trace: &Trace) -> RouteFuture<Infallible> {
        let (head, body) = request.into_parts();
        let request = if body.is_end_stream() {
            trace.progress().note_body_read();
            Request::from_parts(head, Body::empty())
        } else {
            let body = Body::new(Upload {
                inner: Limited::new(body, self.client.handler.limits().body),
                trace: trace.clone(),
            });
            let mut request = Request::from_parts(head, body);
            // The limit on bodies is the chassis's.
            DefaultBodyLimit::disable().apply(&mut request);
            request
        };
        // Nothing of the service runs before the future is polled, so this is never called within itself.
        self.router.borrow_mut().call(request)
    }
}

impl Service<hyper::Request<Incoming>> for Requests {
    type Response = Response<Download>;
    type Error = Infallible;
    type Future = Answer;

    fn call(&self, request: hyper::Request<Incoming>) -> Answer {
        let version = request.version();
        let record = Record::of(&request, self.client());
        let source = match self.client.handler.refusal(request.body(), record.admitted) {
            Some(response) => Source::Chassis {
                response: Box::new(response),
            },
            None => Source::Routes {
                answer: record.trace.scope(Box::pin(Caught {
                    future: self.route(request, &record.trace),
                })),
            },
        };
        Answer::new(source, record, version)
    }
}
