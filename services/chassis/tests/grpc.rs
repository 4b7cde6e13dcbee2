//! gRPC: statuses, deadlines, limits and rejected calls.

#![allow(
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    missing_docs
)]

mod common;

use common::start;
use h2::client::ResponseFuture;
use test_support::grpc::{call, Response, Status};
use test_support::http2::{read, Connection};
use test_support::Program;

/// Sends an empty message to a method of the fixture.
async fn send(connection: &mut Connection, method: &str, headers: &[(&str, &str)]) -> ResponseFuture {
    call(connection, &format!("/fixture.v1.Fixture/{method}"), headers, &[]).await
}

/// The status of a call of a method of the fixture.
async fn status_of(connection: &mut Connection, method: &str, headers: &[(&str, &str)]) -> Status {
    let response = send(connection, method, headers).await;
    Response::new(response).await.status().await
}

fn handled(fixture: &Program, method: &str, code: &str) -> Option<String> {
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
    let fixture = start(&[]);
    let mut connection = Connection::open(fixture.address()).await;
    for (headers, code, name, trailers_only) in [
        (&[][..], 0, "OK", false),
        (&[("reject", "9")], 9, "FailedPrecondition", true),
    ] {
        let status = status_of(&mut connection, "Echo", headers).await;
        assert_eq!((status.code, status.trailers_only), (code, trailers_only));
        let line = fixture.request_log();
        assert_eq!(line["route"], "/fixture.v1.Fixture/Echo");
        assert_eq!(line["grpc_status"], code);
        assert_eq!(line["complete"], true);
        assert_eq!(handled(&fixture, "Echo", name).as_deref(), Some("1"));
    }
    let other = connection.get("/").await;
    assert_eq!(read(other).await.0, 200);
    assert!(fixture.request_log().get("grpc_status").is_none());
}

#[tokio::test]
async fn unknown_methods_are_unimplemented() {
    let fixture = start(&[]);
    let mut connection = Connection::open(fixture.address()).await;
    for path in ["/fixture.v1.Fixture/Nothing", "/fixture.v1.Other/Echo", "/echo/a"] {
        let response = call(&mut connection, path, &[], &[]).await;
        let status = Response::new(response).await.status().await;
        assert_eq!(status.code, 12, "{path}");
        assert!(status.trailers_only);
        assert_ne!(fixture.request_log()["route"], path);
    }
    assert_eq!(
        handled(&fixture, "unknown", "Unimplemented").as_deref(),
        Some("3")
    );
}

#[tokio::test]
async fn rejected_methods_are_unknown() {
    let fixture = start(&[]);
    let mut connection = Connection::open(fixture.address()).await;
    for method in ["Echo", "Invented"] {
        let status = status_of(&mut connection, method, &[("reject", "16")]).await;
        assert_eq!((status.code, status.trailers_only), (16, true));
        assert_eq!(fixture.request_log()["route"], "/fixture.v1.Fixture/{*method}");
    }
    assert_eq!(
        handled(&fixture, "unknown", "Unauthenticated").as_deref(),
        Some("2")
    );
}

#[tokio::test]
async fn labels_are_method_names() {
    let fixture = start(&[]);
    let mut connection = Connection::open(fixture.address()).await;
    // The router decodes the path, which would make each encoding a time series.
    let status = status_of(&mut connection, "%45cho", &[]).await;
    assert_eq!(status.code, 0);
    assert_eq!(fixture.request_log()["route"], "/fixture.v1.Fixture/{*method}");
    assert_eq!(handled(&fixture, "unknown", "OK").as_deref(), Some("1"));
}

#[tokio::test]
async fn http1_errors_are_problems() {
    let fixture = start(&[]);
    let headers = [("content-type", "application/grpc")];
    fixture
        .connect()
        .post("/nothing", &headers, "")
        .assert_problem(404);
}

#[tokio::test]
async fn calls_beyond_the_limit_are_unavailable() {
    let fixture = start(&[("MAX_REQUESTS", "1")]);
    let mut connection = Connection::open(fixture.address()).await;
    let _sleeping = send(&mut connection, "Sleep", &[]).await;
    fixture.wait_for("sleeping");
    let status = status_of(&mut connection, "Echo", &[]).await;
    assert_eq!((status.code, &*status.message), (14, "too many requests"));
}

#[tokio::test]
async fn routes_have_own_concurrency() {
    let fixture = start(&[]);
    let mut connection = Connection::open(fixture.address()).await;
    let _sleeping = send(&mut connection, "Limited", &[]).await;
    fixture.wait_for("sleeping");
    let status = status_of(&mut connection, "Limited", &[]).await;
    assert_eq!(
        (status.code, &*status.message),
        (14, "too many requests for this route")
    );
}

#[tokio::test]
async fn late_calls_exceed_their_deadline() {
    let fixture = start(&[]);
    let mut connection = Connection::open(fixture.address()).await;
    let deadline = [("grpc-timeout", "200m")];
    let status = status_of(&mut connection, "Sleep", &deadline).await;
    assert_eq!((status.code, &*status.message), (4, "no response within 200 ms"));
    assert_eq!(fixture.request_log()["grpc_status"], 4);
}

#[tokio::test]
async fn request_timeout_is_a_deadline() {
    let fixture = start(&[("REQUEST_TIMEOUT", "200ms")]);
    let mut connection = Connection::open(fixture.address()).await;
    let deadline = [("grpc-timeout", "1H")];
    let status = status_of(&mut connection, "Sleep", &deadline).await;
    assert_eq!(status.code, 4);
}

#[tokio::test]
async fn streams_end_at_their_deadline() {
    let fixture = start(&[]);
    let mut connection = Connection::open(fixture.address()).await;
    let deadline = [("grpc-timeout", "500m")];
    for method in ["Hang", "Endless"] {
        let status = status_of(&mut connection, method, &deadline).await;
        assert_eq!((status.code, status.trailers_only), (4, false), "{method}");
        let line = fixture.request_log();
        assert_eq!(
            (&line["grpc_status"], &line["complete"]),
            (&4.into(), &true.into())
        );
    }
}

#[tokio::test]
async fn long_bodies_are_resource_exhausted() {
    let fixture = start(&[("MAX_BODY_BYTES", "4")]);
    let mut connection = Connection::open(fixture.address()).await;
    for (method, trailers_only) in [("Echo", true), ("Stream", false)] {
        let status = status_of(&mut connection, method, &[]).await;
        assert_eq!((status.code, &*status.message), (8, "request body too large"));
        assert_eq!(status.trailers_only, trailers_only);
        assert_eq!(fixture.request_log()["grpc_status"], 8);
    }
}

#[tokio::test]
async fn long_metadata_is_resource_exhausted() {
    let fixture = start(&[]);
    let mut connection = Connection::open(fixture.address()).await;
    let metadata = |bytes| "a".repeat(bytes);
    let status = status_of(&mut connection, "Echo", &[("a", &metadata(20_000))]).await;
    assert_eq!(
        (status.code, &*status.message),
        (8, "more than 16384 bytes of header fields")
    );
    // h2 responds itself.
    let response = send(&mut connection, "Echo", &[("a", &metadata(40_000))]).await;
    assert_eq!(response.await.unwrap().status(), 431);
    assert_eq!(status_of(&mut connection, "Echo", &[]).await.code, 0);
}

#[tokio::test]
async fn panics_are_internal() {
    let fixture = start(&[]);
    let mut connection = Connection::open(fixture.address()).await;
    let status = status_of(&mut connection, "Panic", &[]).await;
    assert_eq!((status.code, status.trailers_only), (13, true));
    let status = status_of(&mut connection, "Break", &[]).await;
    assert_eq!((status.code, status.trailers_only), (13, false));
}

#[tokio::test]
async fn cancelled_calls_are_counted() {
    let fixture = start(&[]);
    let mut connection = Connection::open(fixture.address()).await;
    let response = send(&mut connection, "Sleep", &[]).await;
    fixture.wait_for("sleeping");
    drop(response);
    let line = fixture.request_log();
    assert_eq!((&line["status"], &line["grpc_status"]), (&499.into(), &1.into()));
    assert_eq!(handled(&fixture, "unknown", "Canceled").as_deref(), Some("1"));
}
