//! HTTP/2 without TLS: streams, limits and shutdown.

#![allow(
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    missing_docs
)]

mod common;

use axum::body::Bytes;
use axum::http::Request;
use common::start;
use h2::RecvStream;
use test_support::http2::{next_data, read, wait, Connection};
use test_support::Signal;

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// An empty SETTINGS frame.
const SETTINGS: &[u8] = &[0, 0, 0, 4, 0, 0, 0, 0, 0];

#[tokio::test]
async fn http2_is_served() {
    let fixture = start(&[]);
    let mut connection = Connection::open(fixture.address()).await;
    let response = connection.get("/").await;
    assert_eq!(read(response).await, (200, "fixture".to_owned()));
    let request = Request::post("http://localhost/echo").body(()).unwrap();
    let response = connection.send(request, Some(b"sent")).await;
    assert_eq!(read(response).await, (200, "sent".to_owned()));
    let response = connection.get("/big/1000000").await;
    assert_eq!(read(response).await.1.len(), 1_000_000);
    assert_eq!(fixture.request_log()["route"], "/");
}

#[test]
fn stalled_prefaces_are_closed() {
    let fixture = start(&[("HEADER_READ_TIMEOUT", "200ms"), ("KEEP_ALIVE_TIMEOUT", "60m")]);
    let preface_and_settings = [PREFACE, SETTINGS].concat();
    for bytes in [
        PREFACE.get(..5).unwrap(),
        PREFACE.get(..20).unwrap(),
        PREFACE,
        &preface_and_settings,
    ] {
        let mut client = fixture.connect();
        client.send(bytes);
        client.read_to_end();
    }
}

#[test]
fn unfinished_heads_are_closed() {
    let fixture = start(&[("HEADER_READ_TIMEOUT", "200ms"), ("KEEP_ALIVE_TIMEOUT", "60m")]);
    let mut client = fixture.connect();
    // HEADERS with `:method: GET` on stream 1, without END_HEADERS.
    let head = [0, 0, 1, 1, 1, 0, 0, 0, 1, 0x82];
    client.send([PREFACE, SETTINGS, &head].concat());
    client.read_to_end();
}

#[test]
fn unused_connections_get_goaway() {
    const GOAWAY: u8 = 7;

    let fixture = start(&[("HEADER_READ_TIMEOUT", "2s")]);
    let mut client = fixture.connect();
    client.send([PREFACE, SETTINGS].concat());
    let received = client.read_to_end();
    assert!(frame_types(&received).contains(&GOAWAY), "{received:?}");
}

/// The types of HTTP/2 frames.
fn frame_types(mut bytes: &[u8]) -> Vec<u8> {
    let mut types = Vec::new();
    while let [a, b, c, frame_type, ..] = bytes {
        types.push(*frame_type);
        let length = u32::from_be_bytes([0, *a, *b, *c]) as usize;
        bytes = bytes.get(9 + length..).unwrap();
    }
    types
}

#[tokio::test]
async fn idle_connections_are_closed() {
    let fixture = start(&[("KEEP_ALIVE_TIMEOUT", "200ms")]);
    let mut connection = Connection::open(fixture.address()).await;
    let response = connection.get("/").await;
    assert_eq!(read(response).await.0, 200);
    connection.closed().await;
}

#[tokio::test]
async fn timeouts_are_503_and_408() {
    let fixture = start(&[("REQUEST_TIMEOUT", "200ms")]);
    let mut connection = Connection::open(fixture.address()).await;
    let slow_handler = connection.get("/sleep/3600000").await;
    let request = Request::post("http://localhost/echo").body(()).unwrap();
    let (slow_body, _stream) = connection.requests.send_request(request, false).unwrap();
    assert_eq!(read(slow_handler).await.0, 503);
    assert_eq!(read(slow_body).await.0, 408);
    let response = connection.get("/").await;
    assert_eq!(read(response).await.0, 200);
}

#[tokio::test]
async fn stalled_clients_are_disconnected() {
    let fixture = start(&[("SEND_TIMEOUT", "200ms")]);
    let mut connection = Connection::open(fixture.address()).await;
    let response = connection.get("/big/1000000000").await;
    // The client reads the socket but never sends WINDOW_UPDATE.
    let mut body = wait(response).await.into_body();
    while let Some(Ok(_)) = next_data(&mut body).await {}
    let line = fixture.request_log();
    assert_eq!(
        (&line["route"], &line["complete"]),
        (&"/big/{bytes}".into(), &false.into())
    );
    assert_eq!(fixture.metric("http_requests_in_flight").as_deref(), Some("0"));
}

#[tokio::test]
async fn responses_without_content_have_no_data() {
    let fixture = start(&[]);
    let mut connection = Connection::open(fixture.address()).await;
    for (method, path, status, has_length) in [
        ("HEAD", "/", 200, true),
        ("HEAD", "/nothing", 404, true),
        ("HEAD", "/panic", 500, true),
        ("GET", "/status/204", 204, false),
        ("GET", "/status/205", 205, false),
        ("GET", "/status/304", 304, false),
    ] {
        let request = Request::builder()
            .method(method)
            .uri(format!("http://localhost{path}"));
        let response = connection.send(request.body(()).unwrap(), None).await;
        let (head, mut body) = wait(response).await.into_parts();
        assert_eq!(head.status, status, "{method} {path}");
        assert_eq!(
            head.headers.contains_key("content-length"),
            has_length,
            "{method} {path}"
        );
        assert!(next_data(&mut body).await.is_none(), "{method} {path}");
        assert_eq!(
            fixture.find_line("request", |line| line["status"] == status)["complete"],
            true
        );
    }
}

#[tokio::test]
async fn unread_bodies_do_not_reset_streams() {
    let fixture = start(&[]);
    let mut connection = Connection::open(fixture.address()).await;
    for headers in [&[][..], &[("expect", "100-continue")]] {
        let mut request = Request::post("http://localhost/nothing");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(()).unwrap();
        let (response, mut body) = connection.requests.send_request(request, false).unwrap();
        assert_eq!(read(response).await.0, 404);
        // A reset of the first stream would arrive before this response.
        let other = connection.get("/").await;
        assert_eq!(read(other).await.0, 200);
        body.send_data(Bytes::from_static(b"body"), true).unwrap();
    }
}

#[tokio::test]
async fn split_cookies_are_joined() {
    let fixture = start(&[]);
    let mut connection = Connection::open(fixture.address()).await;
    let request = Request::get("http://localhost/cookie");
    let request = request.header("cookie", "a=1").header("cookie", "b=2");
    let response = connection.send(request.body(()).unwrap(), None).await;
    assert_eq!(read(response).await.1, "a=1; b=2");
}

#[tokio::test]
async fn long_heads_are_431() {
    let fixture = start(&[("MAX_HEADER_BYTES", "8192")]);
    let mut connection = Connection::open(fixture.address()).await;
    let request = Request::get("http://localhost/").header("a", "x".repeat(9000));
    let response = connection.send(request.body(()).unwrap(), None).await;
    assert_eq!(read(response).await.0, 431);
    assert_eq!(fixture.request_log()["status"], 431);
    let counted = "http_requests_total{method=\"GET\",route=\"unmatched\",status=\"431\"}";
    assert_eq!(fixture.metric(counted).as_deref(), Some("1"));
}

#[tokio::test]
async fn request_limit_spans_streams() {
    let fixture = start(&[("MAX_REQUESTS", "1")]);
    let mut connection = Connection::open(fixture.address()).await;
    let slow = connection.get("/sleep/3600000").await;
    fixture.wait_for("sleeping");
    let response = connection.get("/").await;
    assert_eq!(read(response).await.0, 503);
    fixture.request_log();
    // Resetting the stream releases its permit.
    drop(slow);
    fixture.request_log();
    let response = connection.get("/").await;
    assert_eq!(read(response).await.0, 200);
}

#[tokio::test]
async fn streams_finish_before_exit() {
    let mut fixture = start(&[("DRAIN_TIMEOUT", "60m")]);
    let mut connection = Connection::open(fixture.address()).await;
    let response = connection.get("/sleep/1000").await;
    fixture.wait_for("sleeping");
    fixture.signal(Signal::TERM);
    assert_eq!(read(response).await.0, 200);
    connection.closed().await;
    assert_eq!(fixture.wait().code(), Some(0));
}

#[tokio::test]
async fn first_requests_after_drain_are_the_last() {
    let mut fixture = start(&[("DRAIN_TIMEOUT", "60m"), ("KEEP_ALIVE_TIMEOUT", "60m")]);
    let mut connection = Connection::open(fixture.address()).await;
    fixture.signal(Signal::TERM);
    fixture.wait_for_closed_port();
    let request = Request::get("http://localhost/").body(()).unwrap();
    // Fails if the connection is already being closed because the machine is busy.
    let _response = connection.requests.send_request(request, true);
    connection.closed().await;
    assert_eq!(fixture.wait().code(), Some(0));
}

/// Sends requests and returns the status of each response with its unread body.
async fn heads(connection: &mut Connection, path: &str, count: usize) -> Vec<(u16, RecvStream)> {
    let mut responses = Vec::new();
    for _ in 0..count {
        responses.push(connection.get(path).await);
    }
    let mut heads = Vec::new();
    for response in responses {
        let (head, body) = wait(response).await.into_parts();
        heads.push((head.status.as_u16(), body));
    }
    heads
}

#[tokio::test]
async fn unread_responses_release_request_permits() {
    let fixture = start(&[("MAX_REQUESTS", "2")]);
    let mut connection = Connection::open_with_window(fixture.address(), 0).await;
    for path in ["/", "/page/100000", "/big/1000000000"] {
        let heads = heads(&mut connection, path, 8).await;
        assert!(heads.iter().all(|(status, _)| *status == 200), "{path}");
        assert_eq!(fixture.get("/").status, 200);
        fixture.request_log();
        assert_eq!(
            fixture.metric("http_requests_in_flight").as_deref(),
            Some("8"),
            "{path}"
        );
        drop(heads);
        for _ in 0..8 {
            fixture.request_log();
        }
    }
    assert_eq!(fixture.metric("http_requests_in_flight").as_deref(), Some("0"));
    assert_eq!(fixture.metric("http_response_unsent_bytes").as_deref(), Some("0"));
}

#[tokio::test]
async fn unread_responses_are_bounded() {
    for window in [0, 1] {
        let fixture = start(&[("MAX_UNSENT_BYTES", "250000"), ("SEND_TIMEOUT", "60m")]);
        let mut connection = Connection::open_with_window(fixture.address(), window).await;
        let mut responses = heads(&mut connection, "/page/100000", 3).await;
        // The next request waits before its handler runs, so it uses no memory.
        let waiting = connection.get("/page/100000").await;
        assert_eq!(fixture.get("/").status, 200);
        fixture.request_log();
        let unsent: u64 = fixture
            .metric("http_response_unsent_bytes")
            .unwrap()
            .parse()
            .unwrap();
        assert!((250_001..=300_000).contains(&unsent), "{unsent}");
        drop(responses.pop());
        assert_eq!(wait(waiting).await.status(), 200);
    }
}

#[tokio::test]
async fn streams_count_only_queued_bytes() {
    let fixture = start(&[("MAX_UNSENT_BYTES", "1000"), ("REQUEST_TIMEOUT", "5s")]);
    let mut connection = Connection::open(fixture.address()).await;
    for first in ["", "first"] {
        let request = Request::post("http://localhost/mirror").header("content-length", 100_000);
        let (response, mut upload) = connection
            .requests
            .send_request(request.body(()).unwrap(), false)
            .unwrap();
        let mut mirrored = wait(response).await.into_body();
        if !first.is_empty() {
            upload.send_data(first.into(), false).unwrap();
            assert_eq!(next_data(&mut mirrored).await.unwrap().unwrap(), first);
        }
        let other = connection.get("/").await;
        assert_eq!(read(other).await.0, 200, "{first}");
        assert_eq!(fixture.metric("http_response_unsent_bytes").as_deref(), Some("0"));
    }
}

#[tokio::test]
async fn unread_bodies_do_not_stall_streams() {
    let fixture = start(&[("MAX_BODY_BYTES", "2000000")]);
    let mut connection = Connection::open(fixture.address()).await;
    // The client has received the windows of the server before the response.
    let response = connection.get("/").await;
    assert_eq!(read(response).await.0, 200);
    let request = Request::post("http://localhost/paused/3600000");
    let request = request.body(()).unwrap();
    let (_response, mut paused) = connection.requests.send_request(request, false).unwrap();
    paused.send_data(vec![0; 1_500_000].into(), true).unwrap();
    // The client has opened the stream and assigned its window before this response.
    let response = connection.get("/").await;
    assert_eq!(read(response).await.0, 200);
    let request = Request::post("http://localhost/echo").body(()).unwrap();
    // More than the handler of the other stream has read.
    let sent = "x".repeat(100_000);
    let response = connection.send(request, Some(sent.as_bytes())).await;
    assert_eq!(read(response).await, (200, sent));
}

#[tokio::test]
async fn requests_behind_unread_responses_time_out() {
    let fixture = start(&[
        ("MAX_UNSENT_BYTES", "1000"),
        ("REQUEST_TIMEOUT", "200ms"),
        ("SEND_TIMEOUT", "60m"),
    ]);
    let mut connection = Connection::open_with_window(fixture.address(), 0).await;
    let _unread = heads(&mut connection, "/page/2000", 1).await;
    let rejected = heads(&mut connection, "/page/2000", 1).await;
    assert_eq!(rejected[0].0, 503);
}

#[tokio::test]
async fn unread_responses_time_out() {
    for (window, path, route) in [
        (0, "/", "/"),
        (0, "/page/50000", "/page/{bytes}"),
        (0, "/page/500000", "/page/{bytes}"),
        (1, "/page/500000", "/page/{bytes}"),
        (1, "/hanging/50000", "/hanging/{bytes}"),
        (1, "/hanging/500000", "/hanging/{bytes}"),
    ] {
        let fixture = start(&[("SEND_TIMEOUT", "1s"), ("KEEP_ALIVE_TIMEOUT", "60m")]);
        let mut connection = Connection::open_with_window(fixture.address(), window).await;
        let _heads = heads(&mut connection, path, 3).await;
        connection.closed().await;
        for _ in 0..3 {
            let line = fixture.request_log();
            assert_eq!(
                (&line["route"], &line["complete"]),
                (&route.into(), &false.into()),
                "{path}"
            );
        }
        assert_eq!(fixture.metric("http_requests_in_flight").as_deref(), Some("0"));
    }
}

#[tokio::test]
async fn late_chunks_time_out() {
    let fixture = start(&[
        ("HEADER_READ_TIMEOUT", "1s"),
        ("SEND_TIMEOUT", "1s"),
        ("KEEP_ALIVE_TIMEOUT", "60m"),
    ]);
    let mut connection = Connection::open_with_window(fixture.address(), 0).await;
    // The timer of the connection has been reset before the chunk.
    let _heads = heads(&mut connection, "/late/1500", 1).await;
    connection.closed().await;
    assert_eq!(fixture.request_log()["complete"], false);
}

#[tokio::test]
async fn unread_responses_keep_other_streams() {
    let fixture = start(&[("SEND_TIMEOUT", "4s")]);
    let mut connection = Connection::open_with_window(fixture.address(), 0).await;
    let _unread = heads(&mut connection, "/", 1).await;
    let other = connection.get("/sleep/5000").await;
    assert_eq!(wait(other).await.status(), 200);
    connection.closed().await;
}

#[tokio::test]
async fn unread_responses_do_not_delay_shutdown() {
    let mut fixture = start(&[("DRAIN_TIMEOUT", "60m"), ("SEND_TIMEOUT", "60m")]);
    let mut connection = Connection::open_with_window(fixture.address(), 0).await;
    let _heads = heads(&mut connection, "/page/100000", 5).await;
    assert_eq!(fixture.terminate(), Some(0));
}

#[tokio::test]
async fn cancelled_streams_are_status_499() {
    let fixture = start(&[]);
    let mut connection = Connection::open(fixture.address()).await;
    let response = connection.get("/sleep/3600000").await;
    fixture.wait_for("sleeping");
    drop(response);
    let line = fixture.request_log();
    assert_eq!((&line["status"], &line["complete"]), (&499.into(), &false.into()));
}

#[tokio::test]
async fn read_responses_may_pause() {
    let fixture = start(&[("SEND_TIMEOUT", "500ms")]);
    let mut connection = Connection::open(fixture.address()).await;
    let pausing = connection.get("/hanging/5000").await;
    let mut body = wait(pausing).await.into_body();
    let part = next_data(&mut body).await.unwrap().unwrap();
    body.flow_control().release_capacity(part.len()).unwrap();
    // In all more than twice SEND_TIMEOUT.
    for _ in 0..4 {
        let response = connection.get("/sleep/300").await;
        assert_eq!(read(response).await.0, 200);
    }
    assert_eq!(fixture.metric("http_requests_in_flight").as_deref(), Some("1"));
}
