//! Limits of connections, requests and bodies.

#![allow(
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    missing_docs
)]

mod common;

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;

use common::start;
use serde_json::Value;
use test_support::http1::Client;
use test_support::TIMEOUT;

/// Longer than any test.
const NEVER: &str = "60m";

#[test]
fn silent_clients_are_disconnected() {
    let fixture = start(&[("HEADER_READ_TIMEOUT", "200ms"), ("KEEP_ALIVE_TIMEOUT", NEVER)]);
    fixture.connect().assert_closed();
}

#[test]
fn unfinished_heads_are_closed() {
    let fixture = start(&[("HEADER_READ_TIMEOUT", "200ms"), ("KEEP_ALIVE_TIMEOUT", NEVER)]);
    let mut client = fixture.connect();
    client.send("GET / HTTP/1.1\r\nhost: loc");
    client.assert_closed();
    // The timeout also applies to the next head of a connection.
    let mut client = fixture.connect();
    assert_eq!(client.get("/").status, 200);
    client.send("GET / HTT");
    client.assert_closed();
}

#[test]
fn pipelined_heads_have_keep_alive_timeout() {
    let fixture = start(&[("HEADER_READ_TIMEOUT", NEVER), ("KEEP_ALIVE_TIMEOUT", "200ms")]);
    let mut client = fixture.connect();
    client.send("GET / HTTP/1.1\r\nhost: localhost\r\n\r\nGET / HTT");
    assert_eq!(client.response().status, 200);
    client.assert_closed();
}

#[test]
fn idle_connections_have_keep_alive_timeout() {
    let fixture = start(&[("HEADER_READ_TIMEOUT", NEVER), ("KEEP_ALIVE_TIMEOUT", "200ms")]);
    let mut client = fixture.connect();
    assert_eq!(client.get("/").status, 200);
    client.assert_closed();
}

#[test]
fn running_threads_serve_without_more_threads() {
    let fixture = start(&[("WORKER_THREADS", "4")]);
    let mut first = fixture.connect();
    assert_eq!(first.get("/").status, 200);
    fixture.limit_threads(true);
    let mut clients: Vec<_> = (0..4).map(|_| fixture.connect()).collect();
    for client in clients.iter_mut().chain([&mut first]) {
        assert_eq!(client.get("/").status, 200);
    }
    fixture.find_line("warning", |line| {
        line["message"]
            .as_str()
            .is_some_and(|message| message.starts_with("cannot start another worker thread"))
    });
}

#[test]
fn dead_clients_are_detected() {
    let fixture = start(&[]);
    let _client = fixture.connect();
    // The kernel's timer of the server's socket: 02 is keepalive (proc_net_tcp.rst).
    let sockets = fs::read_to_string("/proc/net/tcp").unwrap();
    let local = format!(":{:04X}", fixture.address().port());
    let timers: Vec<&str> = sockets
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>())
        .filter(|fields| fields[1].ends_with(&local) && fields[3] == "01")
        .map(|fields| &fields[5][..2])
        .collect();
    assert_eq!(timers, ["02"], "{sockets}");
}

#[test]
fn connections_are_reused() {
    let fixture = start(&[]);
    let mut client = fixture.connect();
    for _ in 0..3 {
        assert_eq!(client.get("/").body, "fixture");
    }
    assert_eq!(fixture.metric("http_connections").as_deref(), Some("1"));
}

#[test]
fn slow_handlers_are_503() {
    let fixture = start(&[("REQUEST_TIMEOUT", "200ms")]);
    let mut client = fixture.connect();
    assert_eq!(
        client.get("/sleep/3600000").assert_problem(503),
        "no response within 200 ms"
    );
    assert_eq!(client.get("/").status, 200);
}

#[test]
fn slow_bodies_are_408() {
    let fixture = start(&[("REQUEST_TIMEOUT", "200ms")]);
    let mut client = fixture.connect();
    client.request("POST", "/echo", &[("content-length", "2")], None);
    client.send("a");
    assert_eq!(
        client.response().assert_problem(408),
        "request body incomplete after 200 ms"
    );
    client.assert_closed();
}

#[test]
fn timeouts_without_waiting_are_503() {
    let fixture = start(&[("REQUEST_TIMEOUT", "200ms")]);
    // The handlers have read only the first frame, or nothing.
    for (method, path, length) in [
        ("POST", "/paused/3600000", "2"),
        ("GET", "/sleep/3600000", "2"),
        ("GET", "/sleep/3600000", "3"),
    ] {
        let mut client = fixture.connect();
        client.request(method, path, &[("content-length", length)], None);
        client.send("ab");
        let detail = client.response().assert_problem(503);
        assert_eq!(detail, "no response within 200 ms", "{path} {length}");
    }
}

#[test]
fn stalled_clients_are_disconnected() {
    let fixture = start(&[("SEND_TIMEOUT", "200ms")]);
    let mut client = fixture.connect();
    client.request("GET", "/big/1000000000", &[], None);
    client.wait_readable();
    let line = fixture.request_log();
    assert_eq!((&line["status"], &line["complete"]), (&200.into(), &false.into()));
    assert!(client.read_to_end().len() < 1_000_000_000);
}

#[test]
fn reading_clients_have_no_timeout() {
    let fixture = start(&[("SEND_TIMEOUT", "2s"), ("REQUEST_TIMEOUT", "2s")]);
    let mut stream = TcpStream::connect(fixture.address()).unwrap();
    stream.set_read_timeout(Some(TIMEOUT)).unwrap();
    stream
        .write_all(b"GET /big/50000000 HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n")
        .unwrap();
    // The loop takes longer than both timeouts. The buffers of the sockets hold less than one part.
    let mut part = vec![0; 9_000_000];
    for _ in 0..5 {
        stream.read_exact(&mut part).unwrap();
        assert_eq!(fixture.get("/sleep/500").status, 200);
    }
    stream.read_to_end(&mut part).unwrap();
    let big = |line: &Value| line["route"] == "/big/{bytes}";
    assert_eq!(fixture.find_line("the response", big)["complete"], true);
}

#[test]
fn long_content_length_is_413() {
    let fixture = start(&[("MAX_BODY_BYTES", "4")]);
    let mut client = fixture.connect();
    assert_eq!(client.post("/echo", &[], "1234").body, "1234");
    client.request("POST", "/echo", &[("content-length", "5")], None);
    client.response().assert_problem(413);
    client.assert_closed();
}

#[test]
fn long_chunked_body_is_413() {
    let fixture = start(&[("MAX_BODY_BYTES", "4")]);
    let chunked = [
        ("transfer-encoding", "chunked"),
        ("content-type", "application/json"),
    ];
    for path in ["/echo", "/json"] {
        let mut client = fixture.connect();
        client.request("POST", path, &chunked, None);
        client.send("5\r\n12345\r\n");
        client.response().assert_problem(413);
    }
}

#[test]
fn long_heads_are_431() {
    let fixture = start(&[("MAX_HEADER_BYTES", "8192")]);
    let long = |length| "x".repeat(length);
    let mut client = fixture.connect();
    client.request("GET", "/", &[("a", &long(7000))], None);
    assert_eq!(client.response().status, 200);
    client.request("GET", "/", &[("a", &long(9000))], None);
    assert_eq!(client.response().status, 431);
    client.assert_closed();
}

#[test]
fn requests_beyond_the_limit_are_503() {
    let fixture = start(&[("MAX_REQUESTS", "1")]);
    let mut first = fixture.connect();
    first.request("GET", "/sleep/3600000", &[], None);
    fixture.wait_for("sleeping");
    let rejected = fixture.get("/");
    assert_eq!(rejected.assert_problem(503), "too many requests");
    assert_eq!(rejected.header("retry-after"), Some("1"));
    assert_eq!(fixture.metric("http_requests_shed_total").as_deref(), Some("1"));
    // The limit does not apply to the operations port.
    assert_eq!(fixture.get_operations("/readyz").status, 200);
    // Closing the connection releases its permit.
    fixture.request_log();
    drop(first);
    fixture.request_log();
    assert_eq!(fixture.get("/").status, 200);
}

#[test]
fn connections_beyond_the_limit_wait() {
    let fixture = start(&[("MAX_CONNECTIONS", "1")]);
    let mut first = fixture.connect();
    assert_eq!(first.get("/").status, 200);
    let mut second = fixture.connect();
    second.request("GET", "/log", &[], None);
    // The first connection is still served while the second one waits.
    assert_eq!(first.get("/").status, 200);
    assert_eq!(fixture.metric("http_connections").as_deref(), Some("1"));
    for _ in 0..2 {
        assert_eq!(fixture.request_log()["route"], "/");
    }
    drop(first);
    assert_eq!(second.response().status, 200);
}

#[test]
fn slow_bodies_use_half_the_permits() {
    let fixture = start(&[
        ("MAX_REQUESTS", "4"),
        ("REQUEST_TIMEOUT", NEVER),
        ("MIN_DATA_RATE", "0"),
    ]);
    let mut slow: Vec<_> = (0..6).map(|_| fixture.connect()).collect();
    for client in &mut slow {
        client.request("POST", "/echo", &[("content-length", "4")], None);
        client.send("bo");
    }
    // Two requests wait for their bodies, and the others are rejected.
    for _ in 0..4 {
        assert_eq!(fixture.request_log()["status"], 503);
    }
    assert_eq!(fixture.metric("http_requests_shed_total").as_deref(), Some("4"));
    // The operations port does not need permits of the service.
    let mut operations = Client::connect(fixture.operations());
    let headers = [("content-length", "4"), ("expect", "100-continue")];
    operations.request("PUT", "/log-level", &headers, None);
    assert_eq!(operations.response().status, 100);
    operations.send("info");
    assert_eq!(operations.response().status, 200);
    for _ in 0..3 {
        assert_eq!(fixture.get("/").status, 200);
        // A body that arrives with its head needs no permit.
        assert_eq!(fixture.connect().post("/echo", &[], "body").body, "body");
    }
    for client in &mut slow {
        client.send("dy");
    }
    let statuses: Vec<u16> = slow.iter_mut().map(|client| client.response().status).collect();
    assert_eq!(
        statuses.iter().filter(|status| **status == 200).count(),
        2,
        "{statuses:?}"
    );
}

#[test]
fn bodies_below_min_rate_are_408() {
    let fixture = start(&[("REQUEST_TIMEOUT", NEVER), ("MIN_DATA_RATE", "1000000")]);
    let mut client = fixture.connect();
    client.request("POST", "/echo", &[("content-length", "1000")], None);
    client.send("slow");
    let response = client.response();
    assert_eq!(response.assert_problem(408), "request body too slow");
    assert_eq!(response.header("connection"), Some("close"));
}

#[test]
fn pauses_of_handlers_are_no_slow_bodies() {
    let fixture = start(&[("REQUEST_TIMEOUT", NEVER), ("MIN_DATA_RATE", "1000000")]);
    let mut client = fixture.connect();
    let headers = [("content-length", "2"), ("expect", "100-continue")];
    client.request("POST", "/paused/5500", &headers, None);
    // The handler waits for the body.
    assert_eq!(client.response().status, 100);
    client.send("a");
    fixture.wait_for("resumed");
    client.send("b");
    assert_eq!(client.response().status, 200);
}

#[test]
fn header_fields_beyond_limit_are_431() {
    let fixture = start(&[("MAX_HEADERS", "8")]);
    let fields = |count| vec![("a", "b"); count];
    let mut client = fixture.connect();
    client.request("GET", "/", &fields(7), None);
    assert_eq!(client.response().status, 200);
    client.request("GET", "/", &fields(8), None);
    assert_eq!(client.response().status, 431);
    let fixture = start(&[("MAX_HEADERS", "16384"), ("MAX_HEADER_BYTES", "1000000")]);
    let mut client = fixture.connect();
    client.request("GET", "/", &fields(16383), None);
    assert_eq!(client.response().status, 200);
}

#[test]
fn routes_have_own_limits() {
    let fixture = start(&[("REQUEST_TIMEOUT", "300ms"), ("MAX_BODY_BYTES", "4")]);
    let mut client = fixture.connect();
    assert_eq!(client.post("/limited/body", &[], "12345678").body, "12345678");
    client.post("/limited/body", &[], "123456789").assert_problem(413);
    let mut client = fixture.connect();
    client.post("/echo", &[], "12345").assert_problem(413);
    let mut client = fixture.connect();
    assert_eq!(
        client.get("/limited/time/3600000").assert_problem(503),
        "no response within 200 ms"
    );
    assert_eq!(
        client.get("/sleep/3600000").assert_problem(503),
        "no response within 300 ms"
    );
    assert_eq!(client.get("/unlimited/time/600").status, 200);
    // The route sets its limits after a middleware has waited.
    assert_eq!(
        client.get("/middleware/limited/3600000").assert_problem(503),
        "no response within 200 ms"
    );
    assert_eq!(client.get("/middleware/unlimited/600").status, 200);
}

#[test]
fn routes_have_own_concurrency() {
    let fixture = start(&[("REQUEST_TIMEOUT", NEVER)]);
    let mut first = fixture.connect();
    first.request("GET", "/limited/concurrency/3600000", &[], None);
    fixture.wait_for("sleeping");
    let response = fixture.get("/limited/concurrency/0");
    assert_eq!(response.assert_problem(503), "too many requests for this route");
    assert_eq!(response.header("retry-after"), Some("1"));
    assert_eq!(fixture.get("/").status, 200);
}

#[test]
fn streamed_responses_use_no_permit() {
    let fixture = start(&[("MAX_REQUESTS", "1")]);
    let clients = [fixture.connect(), fixture.connect()].map(|mut client| {
        client.request("GET", "/limited/stream", &[], None);
        client.wait_readable();
        client
    });
    assert_eq!(fixture.metric("http_requests_in_flight").as_deref(), Some("2"));
    drop(clients);
}
