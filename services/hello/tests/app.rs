//! The routes, without a socket.

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

async fn send(method: Method, path: &str) -> Response<Body> {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .body(Body::empty())
        .unwrap();
    hello::app().call(request).await.unwrap()
}

#[tokio::test]
async fn root_says_hello() {
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
async fn unknown_path_is_not_found() {
    assert_eq!(
        send(Method::GET, "/nothing").await.status(),
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn other_method_is_not_allowed() {
    assert_eq!(
        send(Method::POST, "/").await.status(),
        StatusCode::METHOD_NOT_ALLOWED
    );
}
