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
use crate::caught::Caught;
use crate::server::Activity;

/// Answers what a client asks.
pub(crate) struct Requests {
    router: RefCell<Router>,
    noting: Option<RefCell<Router>>,
    client: Arc<Client>,
}

/// Whoever is at a connection's other end. Its requests hold this alone: if they held what all connections hold, each would
/// be counted where every core writes.
pub(crate) struct Client {
    pub(crate) activity: Activity,
    pub(crate) handler: Arc<Handler>,
}

impl Requests {
    pub(super) fn new(router: Router, noting: Option<Router>, handler: Arc<Handler>) -> Self {
        Self {
            router: RefCell::new(router),
            noting: noting.map(RefCell::new),
            client: Arc::new(Client {
                activity: Activity::begun_now(),
                handler,
            }),
        }
    }

    pub(crate) fn client(&self) -> Arc<Client> {
        Arc::clone(&self.client)
    }

    fn route(&self, request: hyper::Request<Incoming>, record: &mut Record) -> RouteFuture<Infallible> {
        record.fixed = self.client.handler.fixed.find(request.uri().path());
        let trace = &record.trace;
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
        let noting = self.noting.as_ref().filter(|_| record.fixed.is_none());
        // Nothing of the service runs before the future is polled, so this is never called within itself.
        noting.unwrap_or(&self.router).borrow_mut().call(request)
    }
}

impl Service<hyper::Request<Incoming>> for Requests {
    type Response = Response<Download>;
    type Error = Infallible;
    type Future = Answer;

    fn call(&self, request: hyper::Request<Incoming>) -> Answer {
        let version = request.version();
        let mut record = Record::of(&request, self.client());
        let source = if let Some(response) = self.client.handler.refusal(request.body(), record.admitted) {
            Source::Chassis {
                response: Box::new(response),
            }
        } else {
            let future = self.route(request, &mut record);
            Source::Routes {
                answer: record.trace.scope(Box::pin(Caught { future })),
            }
        };
        Answer::new(source, record, version)
    }
}
