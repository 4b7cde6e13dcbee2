//! Tests the routes without a socket.

#![allow(
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    clippy::unwrap_used,
    missing_docs
)]

use axum::body::Body;
use axum::http::{header, Method, Request, Response, StatusCode};
use http_body_util::BodyExt;
use tower_service::Service;

use {{crate}}::app;

async fn send(method: Method, path: &str) -> Response<Body> {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .body(Body::empty())
        .unwrap();
    app().call(request).await.unwrap()
}

#[tokio::test]
async fn greets_at_root() {
    let response = send(Method::GET, "/").await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(
        response.headers()[header::CONTENT_TYPE],
        "text/plain; charset=utf-8"
    );
    assert_eq!(
        response.into_body().collect().await.unwrap().to_bytes(),
        "Hello World"
    );
}

#[tokio::test]
async fn rejects_unknown_paths() {
    assert_eq!(
        send(Method::GET, "/nothing").await.status(),
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn rejects_other_methods() {
    assert_eq!(
        send(Method::POST, "/").await.status(),
        StatusCode::METHOD_NOT_ALLOWED
    );
}
