//! The routes, without a socket.

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
use common::Directory;
use http_body_util::BodyExt;
use serde_json::{json, Value};
use tower_service::Service;

struct Client {
    app: Router,
    _directory: Directory,
}

impl Client {
    fn new(test: &str) -> Self {
        let directory = Directory::new(test);
        let store = links::Store::open(&directory.database()).unwrap();
        Self {
            app: links::app(store.into()),
            _directory: directory,
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
async fn a_link_is_made_followed_and_deleted() {
    let mut client = Client::new("made");
    let made = client
        .post(json!({"url": "https://example.org/a?b#c"}).to_string())
        .await;
    assert_eq!(made.status(), StatusCode::CREATED);
    let location = made.headers()[header::LOCATION].to_str().unwrap().to_owned();
    let link = body(made).await;
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
async fn a_chosen_code_is_kept_and_not_given_twice() {
    let mut client = Client::new("chosen");
    let new = json!({"url": "http://example.org/", "code": "mine"}).to_string();
    assert_eq!(body(client.post(new.clone()).await).await["code"], "mine");
    let (status, detail) = problem(client.post(new).await).await;
    assert_eq!(
        (status, detail.as_str()),
        (StatusCode::CONFLICT, "code \"mine\" is taken")
    );
}

#[tokio::test]
async fn refuses_input_and_says_why() {
    let mut client = Client::new("input");
    for (input, status, said) in [
        (String::new(), StatusCode::BAD_REQUEST, ""),
        ("{".into(), StatusCode::BAD_REQUEST, ""),
        ("[]".into(), StatusCode::UNPROCESSABLE_ENTITY, ""),
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
            json!({"url": "javascript:alert(1)"}).to_string(),
            StatusCode::UNPROCESSABLE_ENTITY,
            "absolute http or https",
        ),
        (
            json!({"url": "http://example.org/", "code": "a/b"}).to_string(),
            StatusCode::UNPROCESSABLE_ENTITY,
            "code \"a/b\" must be",
        ),
        (
            json!({"url": "http://example.org/", "code": "links"}).to_string(),
            StatusCode::UNPROCESSABLE_ENTITY,
            "path of this service",
        ),
    ] {
        let (found, detail) = problem(client.post(input.clone()).await).await;
        assert_eq!(found, status, "{input}: {detail}");
        assert!(detail.contains(said), "{input}: {detail}");
    }
    let plain = Request::post("/links").body(Body::from("{}")).unwrap();
    assert_eq!(
        problem(client.send(plain).await).await.0,
        StatusCode::UNSUPPORTED_MEDIA_TYPE
    );
}

#[tokio::test]
async fn pages_lead_to_one_another() {
    let mut client = Client::new("paging");
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
async fn refuses_pages_that_cannot_be() {
    let mut client = Client::new("bounds");
    for query in [
        "limit=0",
        "limit=101",
        "limit=-1",
        "limit=x",
        "after=-1",
        "after=x",
        "before=1",
    ] {
        let (status, _) = problem(client.get(&format!("/links?{query}")).await).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{query}");
    }
    assert_eq!(client.get("/links?limit=100").await.status(), StatusCode::OK);
}

#[tokio::test]
async fn a_path_that_is_no_code_leads_nowhere() {
    let mut client = Client::new("paths");
    for path in ["/a.b", "/%20", "/%ff", "/favicon.ico"] {
        let (status, detail) = problem(client.get(path).await).await;
        assert_eq!(
            (status, detail.as_str()),
            (StatusCode::NOT_FOUND, "there is no such link"),
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
