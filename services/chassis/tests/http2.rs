//! HTTP/2 without TLS, by prior knowledge: the same service, the same limits.

#![allow(
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    missing_docs
)]

mod common;

use axum::http::Request;
use common::http2::{next, read, Connection};
use common::{Fixture, Signal, DEADLINE};
use h2::RecvStream;
use tokio::time::timeout;

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// A SETTINGS frame that sets nothing.
const SETTINGS: &[u8] = &[0, 0, 0, 4, 0, 0, 0, 0, 0];

#[tokio::test]
async fn http2_is_served() {
    let fixture = Fixture::start(&[]);
    let mut connection = Connection::open(&fixture).await;
    let answer = connection.get("/").await;
    assert_eq!(read(answer).await, (200, "fixture".to_owned()));
    let request = Request::post("http://localhost/echo").body(()).unwrap();
    let answer = connection.send(request, Some("sent")).await;
    assert_eq!(read(answer).await, (200, "sent".to_owned()));
    let answer = connection.get("/big/1000000").await;
    assert_eq!(read(answer).await.1.len(), 1_000_000);
    assert_eq!(fixture.request_line()["route"], "/");
}

#[test]
fn stalled_prefaces_are_closed() {
    let fixture = Fixture::start(&[("HEADER_READ_TIMEOUT", "200ms"), ("KEEP_ALIVE_TIMEOUT", "60m")]);
    let settled = [PREFACE, SETTINGS].concat();
    for bytes in [
        PREFACE.get(..5).unwrap(),
        PREFACE.get(..20).unwrap(),
        PREFACE,
        &settled,
    ] {
        let mut client = fixture.connect();
        client.send(bytes);
        client.rest();
    }
}

#[test]
fn unfinished_heads_are_closed() {
    let fixture = Fixture::start(&[("HEADER_READ_TIMEOUT", "200ms"), ("KEEP_ALIVE_TIMEOUT", "60m")]);
    let mut client = fixture.connect();
    // HEADERS on stream 1 without END_HEADERS: `:method: GET`, and nothing after it.
    let head = [0, 0, 1, 1, 1, 0, 0, 0, 1, 0x82];
    client.send([PREFACE, SETTINGS, &head].concat());
    client.rest();
}

#[tokio::test]
async fn idle_connections_are_closed() {
    let fixture = Fixture::start(&[("KEEP_ALIVE_TIMEOUT", "200ms")]);
    let mut connection = Connection::open(&fixture).await;
    let answer = connection.get("/").await;
    assert_eq!(read(answer).await.0, 200);
    connection.closed().await;
}

#[tokio::test]
async fn timeouts_are_answered() {
    let fixture = Fixture::start(&[("REQUEST_TIMEOUT", "200ms")]);
    let mut connection = Connection::open(&fixture).await;
    let slow_handler = connection.get("/sleep/3600000").await;
    let request = Request::post("http://localhost/echo").body(()).unwrap();
    let (slow_body, _stream) = connection.requests.send_request(request, false).unwrap();
    assert_eq!(read(slow_handler).await.0, 503);
    assert_eq!(read(slow_body).await.0, 408);
    let answer = connection.get("/").await;
    assert_eq!(read(answer).await.0, 200);
}

#[tokio::test]
async fn blocked_clients_are_cut_off() {
    let fixture = Fixture::start(&[("SEND_TIMEOUT", "200ms")]);
    let mut connection = Connection::open(&fixture).await;
    let answer = connection.get("/big/1000000000").await;
    // What comes is taken from the socket, but the stream's window is never opened again.
    let mut body = timeout(DEADLINE, answer).await.unwrap().unwrap().into_body();
    while let Some(Ok(_)) = next(&mut body).await {}
    let line = fixture.request_line();
    assert_eq!(
        (&line["route"], &line["answered"]),
        (&"/big/{bytes}".into(), &false.into())
    );
    assert_eq!(fixture.metric("http_requests_in_flight").as_deref(), Some("0"));
}

#[tokio::test]
async fn long_heads_are_431() {
    let fixture = Fixture::start(&[("MAX_HEADER_BYTES", "8192")]);
    let mut connection = Connection::open(&fixture).await;
    let request = Request::get("http://localhost/").header("a", "x".repeat(9000));
    let answer = connection.send(request.body(()).unwrap(), None).await;
    assert_eq!(read(answer).await.0, 431);
}

#[tokio::test]
async fn request_limit_spans_streams() {
    let fixture = Fixture::start(&[("MAX_REQUESTS", "1")]);
    let mut connection = Connection::open(&fixture).await;
    let slow = connection.get("/sleep/3600000").await;
    fixture.wait_for("sleeping");
    let answer = connection.get("/").await;
    assert_eq!(read(answer).await.0, 503);
    fixture.request_line();
    // A stream that its client gives up makes room.
    drop(slow);
    fixture.request_line();
    let answer = connection.get("/").await;
    assert_eq!(read(answer).await.0, 200);
}

#[tokio::test]
async fn streams_finish_before_exit() {
    let mut fixture = Fixture::start(&[("DRAIN_TIMEOUT", "60m")]);
    let mut connection = Connection::open(&fixture).await;
    let answer = connection.get("/sleep/1000").await;
    fixture.wait_for("sleeping");
    fixture.signal(Signal::TERM);
    assert_eq!(read(answer).await.0, 200);
    connection.closed().await;
    assert_eq!(fixture.ended().code(), Some(0));
}

/// The status of each answer, whose body is not taken.
async fn heads(connection: &mut Connection, path: &str, count: usize) -> Vec<(u16, RecvStream)> {
    let mut answers = Vec::new();
    for _ in 0..count {
        answers.push(connection.get(path).await);
    }
    let mut heads = Vec::new();
    for answer in answers {
        let (head, body) = timeout(DEADLINE, answer).await.unwrap().unwrap().into_parts();
        heads.push((head.status.as_u16(), body));
    }
    heads
}

#[tokio::test]
async fn untaken_answers_leave_requests_to_others() {
    let fixture = Fixture::start(&[("MAX_REQUESTS", "2")]);
    let mut connection = Connection::open_with_window(&fixture, 0).await;
    for path in ["/", "/page/100000", "/big/1000000000"] {
        let heads = heads(&mut connection, path, 8).await;
        assert!(heads.iter().all(|(status, _)| *status == 200), "{path}");
        assert_eq!(fixture.get("/").status, 200);
        fixture.request_line();
        assert_eq!(
            fixture.metric("http_requests_in_flight").as_deref(),
            Some("8"),
            "{path}"
        );
        drop(heads);
        for _ in 0..8 {
            fixture.request_line();
        }
    }
    assert_eq!(fixture.metric("http_requests_in_flight").as_deref(), Some("0"));
    assert_eq!(fixture.metric("http_response_unsent_bytes").as_deref(), Some("0"));
}

#[tokio::test]
async fn untaken_answers_are_bounded() {
    for window in [0, 1] {
        let fixture = Fixture::start(&[("MAX_UNSENT_BYTES", "250000"), ("SEND_TIMEOUT", "60m")]);
        let mut connection = Connection::open_with_window(&fixture, window).await;
        let mut answers = heads(&mut connection, "/page/100000", 3).await;
        // The next one waits for room, and so does not hold memory.
        let waiting = connection.get("/page/100000").await;
        assert_eq!(fixture.get("/").status, 200);
        fixture.request_line();
        let unsent: u64 = fixture
            .metric("http_response_unsent_bytes")
            .unwrap()
            .parse()
            .unwrap();
        assert!((250_001..=300_000).contains(&unsent), "{unsent}");
        drop(answers.pop());
        let answer = timeout(DEADLINE, waiting).await.unwrap().unwrap();
        assert_eq!(answer.status().as_u16(), 200);
    }
}

#[tokio::test]
async fn requests_behind_untaken_answers_time_out() {
    let fixture = Fixture::start(&[
        ("MAX_UNSENT_BYTES", "1000"),
        ("REQUEST_TIMEOUT", "200ms"),
        ("SEND_TIMEOUT", "60m"),
    ]);
    let mut connection = Connection::open_with_window(&fixture, 0).await;
    let _untaken = heads(&mut connection, "/page/2000", 1).await;
    let refused = heads(&mut connection, "/page/2000", 1).await;
    assert_eq!(refused[0].0, 503);
}

#[tokio::test]
async fn untaken_answers_of_any_size_end() {
    for (window, path, route) in [
        (0, "/", "/"),
        (0, "/page/50000", "/page/{bytes}"),
        (0, "/page/500000", "/page/{bytes}"),
        (1, "/page/500000", "/page/{bytes}"),
        (1, "/hanging/50000", "/hanging/{bytes}"),
        (1, "/hanging/500000", "/hanging/{bytes}"),
    ] {
        let fixture = Fixture::start(&[("SEND_TIMEOUT", "1s"), ("KEEP_ALIVE_TIMEOUT", "60m")]);
        let mut connection = Connection::open_with_window(&fixture, window).await;
        let _heads = heads(&mut connection, path, 3).await;
        connection.closed().await;
        for _ in 0..3 {
            let line = fixture.request_line();
            assert_eq!(
                (&line["route"], &line["answered"]),
                (&route.into(), &false.into()),
                "{path}"
            );
        }
        assert_eq!(fixture.metric("http_requests_in_flight").as_deref(), Some("0"));
    }
}

#[tokio::test]
async fn untaken_answers_leave_other_streams() {
    let fixture = Fixture::start(&[("SEND_TIMEOUT", "4s")]);
    let mut connection = Connection::open_with_window(&fixture, 0).await;
    let _untaken = heads(&mut connection, "/", 1).await;
    let other = connection.get("/sleep/5000").await;
    let answer = timeout(DEADLINE, other).await.unwrap().unwrap();
    assert_eq!(answer.status().as_u16(), 200);
    connection.closed().await;
}

#[tokio::test]
async fn untaken_answers_do_not_delay_shutdown() {
    let mut fixture = Fixture::start(&[("DRAIN_TIMEOUT", "60m"), ("SEND_TIMEOUT", "60m")]);
    let mut connection = Connection::open_with_window(&fixture, 0).await;
    let _heads = heads(&mut connection, "/page/100000", 5).await;
    assert_eq!(fixture.stop(), Some(0));
}

#[tokio::test]
async fn cancelled_streams_are_status_499() {
    let fixture = Fixture::start(&[]);
    let mut connection = Connection::open(&fixture).await;
    let answer = connection.get("/sleep/3600000").await;
    fixture.wait_for("sleeping");
    drop(answer);
    let line = fixture.request_line();
    assert_eq!((&line["status"], &line["answered"]), (&499.into(), &false.into()));
}

#[tokio::test]
async fn answers_that_were_taken_may_pause() {
    let fixture = Fixture::start(&[("SEND_TIMEOUT", "500ms")]);
    let mut connection = Connection::open(&fixture).await;
    let pausing = connection.get("/hanging/5000").await;
    let mut body = timeout(DEADLINE, pausing).await.unwrap().unwrap().into_body();
    let part = next(&mut body).await.unwrap().unwrap();
    body.flow_control().release_capacity(part.len()).unwrap();
    // Twice as long as an answer may go untaken.
    for _ in 0..4 {
        let answer = connection.get("/sleep/300").await;
        assert_eq!(read(answer).await.0, 200);
    }
    assert_eq!(fixture.metric("http_requests_in_flight").as_deref(), Some("1"));
}
