//! The routes without a socket.

#![allow(
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    missing_docs
)]

mod common;

use axum::body::Body;
use axum::http::{header, Method, Request, Response, StatusCode};
use axum::Router;
use common::database;
use http_body_util::BodyExt;
use serde_json::{json, Value};
use tempfile::{tempdir, TempDir};
use tower_service::Service;

struct Client {
    app: Router,
    directory: TempDir,
}

impl Client {
    fn new() -> Self {
        let directory = tempdir().unwrap();
        let store = links::Store::open(&database(&directory)).unwrap();
        Self {
            app: links::app(store.into()),
            directory,
        }
    }

    async fn send(&mut self, request: Request<Body>) -> Response<Body> {
        self.app.call(request).await.unwrap()
    }

    async fn get(&mut self, path: &str) -> Response<Body> {
        self.send(Request::get(path).body(Body::empty()).unwrap()).await
    }

    async fn delete(&mut self, path: &str) -> Response<Body> {
        self.send(Request::delete(path).body(Body::empty()).unwrap())
            .await
    }

    async fn post(&mut self, body: impl Into<Body>) -> Response<Body> {
        let request = Request::post("/links").header(header::CONTENT_TYPE, "application/json");
        self.send(request.body(body.into()).unwrap()).await
    }
}

async fn body(response: Response<Body>) -> Value {
    serde_json::from_slice(&response.into_body().collect().await.unwrap().to_bytes()).unwrap()
}

async fn problem(response: Response<Body>) -> (StatusCode, String) {
    let status = response.status();
    assert_eq!(
        response.headers()[header::CONTENT_TYPE],
        "application/problem+json"
    );
    let body = body(response).await;
    assert_eq!(body["status"], status.as_u16());
    (status, body["detail"].as_str().unwrap_or_default().to_owned())
}

#[tokio::test]
async fn creates_follows_and_deletes_links() {
    let mut client = Client::new();
    let created = client
        .post(json!({"url": "https://example.org/a?b#c"}).to_string())
        .await;
    assert_eq!(created.status(), StatusCode::CREATED);
    let location = created.headers()[header::LOCATION].to_str().unwrap().to_owned();
    let link = body(created).await;
    assert_eq!(link["url"], "https://example.org/a?b#c");
    assert_eq!(location, format!("/{}", link["code"].as_str().unwrap()));

    let followed = client.get(&location).await;
    assert_eq!(followed.status(), StatusCode::FOUND);
    assert_eq!(followed.headers()[header::LOCATION], "https://example.org/a?b#c");
    assert_eq!(followed.headers()[header::CACHE_CONTROL], "no-store");

    assert_eq!(client.delete(&location).await.status(), StatusCode::NO_CONTENT);
    assert_eq!(
        problem(client.get(&location).await).await.0,
        StatusCode::NOT_FOUND
    );
    assert_eq!(
        problem(client.delete(&location).await).await.0,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn rejects_a_taken_code() {
    let mut client = Client::new();
    let new = json!({"url": "http://example.org/", "code": "mine"}).to_string();
    assert_eq!(body(client.post(new.clone()).await).await["code"], "mine");
    let (status, detail) = problem(client.post(new).await).await;
    assert_eq!(
        (status, detail.as_str()),
        (StatusCode::CONFLICT, "code \"mine\" is taken")
    );
}

#[tokio::test]
async fn rejects_invalid_links() {
    let mut client = Client::new();
    for (input, status, expected) in [
        (String::new(), StatusCode::BAD_REQUEST, ""),
        ("{".into(), StatusCode::BAD_REQUEST, ""),
        (
            "[]".into(),
            StatusCode::UNPROCESSABLE_ENTITY,
            "expected an object",
        ),
        ("{}".into(), StatusCode::UNPROCESSABLE_ENTITY, "url"),
        (
            json!({"url": 1}).to_string(),
            StatusCode::UNPROCESSABLE_ENTITY,
            "expected a string",
        ),
        (
            json!({"url": "http://example.org/", "colour": "red"}).to_string(),
            StatusCode::UNPROCESSABLE_ENTITY,
            "colour",
        ),
        (
            r#"["http://example.org/"]"#.into(),
            StatusCode::UNPROCESSABLE_ENTITY,
            "expected an object",
        ),
        (
            r#"["http://example.org/", "code"]"#.into(),
            StatusCode::UNPROCESSABLE_ENTITY,
            "expected an object",
        ),
        (
            "\"http://example.org/\"".into(),
            StatusCode::UNPROCESSABLE_ENTITY,
            "expected an object",
        ),
        (
            "null".into(),
            StatusCode::UNPROCESSABLE_ENTITY,
            "expected an object",
        ),
        (
            r#"{"url": "http://example.org/", "url": "http://example.com/"}"#.into(),
            StatusCode::UNPROCESSABLE_ENTITY,
            "duplicate field",
        ),
        (
            r#"{"url": "http://example.org/"} {}"#.into(),
            StatusCode::BAD_REQUEST,
            "",
        ),
        (
            json!({"url": "http://example.org:65536/"}).to_string(),
            StatusCode::UNPROCESSABLE_ENTITY,
            "port",
        ),
        (
            json!({"url": "http://a..b/"}).to_string(),
            StatusCode::UNPROCESSABLE_ENTITY,
            "host",
        ),
        (
            json!({"url": "javascript:alert(1)"}).to_string(),
            StatusCode::UNPROCESSABLE_ENTITY,
            "absolute http or https",
        ),
        (
            json!({"url": "http://example.org/", "code": "a/b"}).to_string(),
            StatusCode::UNPROCESSABLE_ENTITY,
            "invalid code \"a/b\": expected",
        ),
        (
            json!({"url": "http://example.org/", "code": "links"}).to_string(),
            StatusCode::UNPROCESSABLE_ENTITY,
            "path of this service",
        ),
    ] {
        let (found, detail) = problem(client.post(input.clone()).await).await;
        assert_eq!(found, status, "{input}: {detail}");
        assert!(detail.contains(expected), "{input}: {detail}");
    }
    let plain = Request::post("/links").body(Body::from("{}")).unwrap();
    assert_eq!(
        problem(client.send(plain).await).await.0,
        StatusCode::UNSUPPORTED_MEDIA_TYPE
    );
}

#[tokio::test]
async fn pages_link_to_next_page() {
    let mut client = Client::new();
    for n in 0..7 {
        client
            .post(json!({"url": "http://example.org/", "code": format!("c{n}")}).to_string())
            .await;
    }
    let (mut next, mut seen) = (Some("/links?limit=3".to_owned()), Vec::new());
    while let Some(path) = next {
        let page = body(client.get(&path).await).await;
        let links = page["links"].as_array().unwrap();
        assert!(links.len() <= 3);
        seen.extend(links.iter().map(|link| link["code"].as_str().unwrap().to_owned()));
        next = page["next"].as_str().map(ToOwned::to_owned);
    }
    assert_eq!(seen, ["c0", "c1", "c2", "c3", "c4", "c5", "c6"]);
}

#[tokio::test]
async fn rejects_invalid_queries() {
    let mut client = Client::new();
    for query in [
        "limit=0",
        "limit=101",
        "limit=-1",
        "limit=x",
        "after=-1",
        "after=x",
        "before=1",
        "limit=1&limit=1",
        "after=0&after=0",
        "after=9223372036854775808",
    ] {
        let (status, detail) = problem(client.get(&format!("/links?{query}")).await).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{query}");
        assert!(detail.contains(&format!("\"{query}\"")), "{detail}");
    }
    assert_eq!(client.get("/links?limit=100").await.status(), StatusCode::OK);
}

#[tokio::test]
async fn returns_404_for_invalid_codes() {
    let mut client = Client::new();
    for path in ["/a.b", "/%20", "/%ff", "/favicon.ico"] {
        let (status, detail) = problem(client.get(path).await).await;
        assert_eq!(
            (status, detail.as_str()),
            (StatusCode::NOT_FOUND, "no such link"),
            "{path}"
        );
    }
    let put = Request::builder()
        .method(Method::PUT)
        .uri("/links")
        .body(Body::empty())
        .unwrap();
    assert_eq!(client.send(put).await.status(), StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn bounds_excerpts_in_errors() {
    let mut client = Client::new();
    let long = "%01".repeat(10_000);
    let (_, detail) = problem(client.get(&format!("/links?{long}=1")).await).await;
    assert!(detail.len() < 500, "{}", detail.len());
    for long in [
        "x".repeat(10_000),
        "\u{7f}".repeat(10_000),
        "\u{1f600}".repeat(10_000),
    ] {
        for body in [
            json!({"url": long}),
            json!({"url": format!("http://{long}/")}),
            json!({"url": "http://example.org/", "code": long}),
        ] {
            let (status, detail) = problem(client.post(body.to_string()).await).await;
            assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
            assert!(detail.len() < 600, "{}", detail.len());
        }
    }
}

#[tokio::test]
async fn forbids_caching_redirects_pages_and_errors() {
    let mut client = Client::new();
    let new = json!({"url": "http://example.org/", "code": "a"}).to_string();
    assert_eq!(client.post(new).await.status(), StatusCode::CREATED);
    for (path, status) in [
        ("/a", StatusCode::FOUND),
        ("/links", StatusCode::OK),
        ("/links?limit=0", StatusCode::BAD_REQUEST),
        ("/b", StatusCode::NOT_FOUND),
        ("/a.b", StatusCode::NOT_FOUND),
        ("/%ff", StatusCode::NOT_FOUND),
        ("/a/b", StatusCode::NOT_FOUND),
        ("/", StatusCode::NOT_FOUND),
    ] {
        let response = client.get(path).await;
        assert_eq!(response.status(), status, "{path}");
        assert_eq!(response.headers()[header::CACHE_CONTROL], "no-store", "{path}");
    }
    let response = client.delete("/links").await;
    assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(response.headers()[header::ALLOW], "GET,HEAD,POST");
    assert_eq!(response.headers()[header::CACHE_CONTROL], "no-store");
}

#[tokio::test]
async fn returns_503_while_locked() {
    let mut client = Client::new();
    let lock = rusqlite::Connection::open(database(&client.directory)).unwrap();
    lock.execute_batch("BEGIN IMMEDIATE").unwrap();
    let response = client
        .post(json!({"url": "http://example.org/"}).to_string())
        .await;
    assert_eq!(response.headers()[header::RETRY_AFTER], "1");
    let (status, detail) = problem(response).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(detail, "the database is busy, nothing was changed");
}
