//! gRPC: statuses, deadlines, limits, and what the chassis rejects.

#![allow(
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    missing_docs
)]

mod common;

use axum::http::{HeaderMap, Request};
use common::http2::{next, Connection};
use common::{Fixture, DEADLINE};
use h2::client::ResponseFuture;
use tokio::time::timeout;

/// An empty message.
const MESSAGE: &str = "\0\0\0\0\0";

async fn send(connection: &mut Connection, method: &str, headers: &[(&str, &str)]) -> ResponseFuture {
    send_to(connection, &format!("/fixture.v1.Fixture/{method}"), headers).await
}

async fn send_to(connection: &mut Connection, path: &str, headers: &[(&str, &str)]) -> ResponseFuture {
    let mut request = Request::post(format!("http://localhost{path}"))
        .header("content-type", "application/grpc")
        .header("te", "trailers");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    connection.send(request.body(()).unwrap(), Some(MESSAGE)).await
}

struct Answer {
    code: String,
    message: String,
    /// Whether the status came in the headers.
    trailers_only: bool,
}

impl Answer {
    async fn of(answer: ResponseFuture) -> Self {
        let (head, mut body) = timeout(DEADLINE, answer).await.unwrap().unwrap().into_parts();
        assert_eq!(head.status.as_u16(), 200);
        assert_eq!(head.headers["content-type"], "application/grpc");
        while let Some(data) = next(&mut body).await {
            let length = data.unwrap().len();
            body.flow_control().release_capacity(length).unwrap();
        }
        let trailers = timeout(DEADLINE, body.trailers()).await.unwrap().unwrap();
        let headers = trailers.as_ref().unwrap_or(&head.headers);
        let text = |name: &str| {
            let value = HeaderMap::get(headers, name);
            value.map_or(String::new(), |value| value.to_str().unwrap().to_owned())
        };
        Self {
            code: text("grpc-status"),
            message: text("grpc-message"),
            trailers_only: trailers.is_none(),
        }
    }
}

fn handled(fixture: &Fixture, method: &str, code: &str) -> Option<String> {
    let service = if method == "unknown" {
        "unknown"
    } else {
        "fixture.v1.Fixture"
    };
    fixture.metric(&format!(
        "grpc_server_handled_total{{grpc_service=\"{service}\",grpc_method=\"{method}\",grpc_code=\"{code}\"}}"
    ))
}

#[tokio::test]
async fn codes_are_logged_and_counted() {
    let fixture = Fixture::start(&[]);
    let mut connection = Connection::open(&fixture).await;
    for (method, code, name, trailers_only) in [
        ("Echo", "0", "OK", false),
        ("Fail", "9", "FailedPrecondition", true),
    ] {
        let answer = Answer::of(send(&mut connection, method, &[]).await).await;
        assert_eq!((&*answer.code, answer.trailers_only), (code, trailers_only));
        let line = fixture.request_line();
        assert_eq!(line["route"], format!("/fixture.v1.Fixture/{method}"));
        assert_eq!(line["grpc_status"].to_string(), code);
        assert_eq!(line["answered"], true);
        assert_eq!(handled(&fixture, method, name).as_deref(), Some("1"));
    }
    let other = connection.get("/").await;
    assert_eq!(common::http2::read(other).await.0, 200);
    assert!(fixture.request_line().get("grpc_status").is_none());
}

#[tokio::test]
async fn unknown_methods_are_unimplemented() {
    let fixture = Fixture::start(&[]);
    let mut connection = Connection::open(&fixture).await;
    for path in ["/fixture.v1.Fixture/Nothing", "/fixture.v1.Other/Echo", "/echo/a"] {
        let answer = Answer::of(send_to(&mut connection, path, &[]).await).await;
        assert_eq!(answer.code, "12", "{path}");
        assert!(answer.trailers_only);
        assert_ne!(fixture.request_line()["route"], path);
    }
    assert_eq!(
        handled(&fixture, "unknown", "Unimplemented").as_deref(),
        Some("3")
    );
}

#[tokio::test]
async fn http_1_errors_stay_problems() {
    let fixture = Fixture::start(&[]);
    let headers = [("content-type", "application/grpc")];
    fixture.connect().post("/nothing", &headers, "").problem(404);
}

#[tokio::test]
async fn calls_beyond_the_limit_are_unavailable() {
    let fixture = Fixture::start(&[("MAX_REQUESTS", "1")]);
    let mut connection = Connection::open(&fixture).await;
    let _sleeping = send(&mut connection, "Sleep", &[]).await;
    fixture.wait_for("sleeping");
    let answer = Answer::of(send(&mut connection, "Echo", &[]).await).await;
    assert_eq!((&*answer.code, &*answer.message), ("14", "too many requests"));
}

#[tokio::test]
async fn routes_have_own_concurrency() {
    let fixture = Fixture::start(&[]);
    let mut connection = Connection::open(&fixture).await;
    let _sleeping = send(&mut connection, "Limited", &[]).await;
    fixture.wait_for("sleeping");
    let answer = Answer::of(send(&mut connection, "Limited", &[]).await).await;
    assert_eq!(
        (&*answer.code, &*answer.message),
        ("14", "too many requests of this route")
    );
}

#[tokio::test]
async fn late_calls_exceed_their_deadline() {
    let fixture = Fixture::start(&[]);
    let mut connection = Connection::open(&fixture).await;
    let deadline = [("grpc-timeout", "200m")];
    let answer = Answer::of(send(&mut connection, "Sleep", &deadline).await).await;
    assert_eq!(
        (&*answer.code, &*answer.message),
        ("4", "no answer within 200 ms")
    );
    assert_eq!(fixture.request_line()["grpc_status"], 4);
}

#[tokio::test]
async fn request_timeout_is_a_deadline() {
    let fixture = Fixture::start(&[("REQUEST_TIMEOUT", "200ms")]);
    let mut connection = Connection::open(&fixture).await;
    let deadline = [("grpc-timeout", "1H")];
    let answer = Answer::of(send(&mut connection, "Sleep", &deadline).await).await;
    assert_eq!(answer.code, "4");
}

#[tokio::test]
async fn streams_end_at_their_deadline() {
    let fixture = Fixture::start(&[]);
    let mut connection = Connection::open(&fixture).await;
    let deadline = [("grpc-timeout", "500m")];
    let answer = Answer::of(send(&mut connection, "Hang", &deadline).await).await;
    assert_eq!((&*answer.code, answer.trailers_only), ("4", false));
    let line = fixture.request_line();
    assert_eq!(
        (&line["grpc_status"], &line["answered"]),
        (&4.into(), &true.into())
    );
}

#[tokio::test]
async fn long_bodies_are_resource_exhausted() {
    let fixture = Fixture::start(&[("MAX_BODY_BYTES", "4")]);
    let mut connection = Connection::open(&fixture).await;
    let answer = Answer::of(send(&mut connection, "Echo", &[]).await).await;
    assert_eq!(
        (&*answer.code, &*answer.message),
        ("8", "request body: longer than allowed")
    );
}

#[tokio::test]
async fn panics_are_internal() {
    let fixture = Fixture::start(&[]);
    let mut connection = Connection::open(&fixture).await;
    let answer = Answer::of(send(&mut connection, "Panic", &[]).await).await;
    assert_eq!((&*answer.code, answer.trailers_only), ("13", true));
    let answer = Answer::of(send(&mut connection, "Break", &[]).await).await;
    assert_eq!((&*answer.code, answer.trailers_only), ("13", false));
}

#[tokio::test]
async fn cancelled_calls_are_counted() {
    let fixture = Fixture::start(&[]);
    let mut connection = Connection::open(&fixture).await;
    let answer = send(&mut connection, "Sleep", &[]).await;
    fixture.wait_for("sleeping");
    drop(answer);
    let line = fixture.request_line();
    assert_eq!((&line["status"], &line["grpc_status"]), (&499.into(), &1.into()));
    assert_eq!(handled(&fixture, "unknown", "Canceled").as_deref(), Some("1"));
}
