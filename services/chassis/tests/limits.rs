//! Every limit, run into.

#![allow(
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    missing_docs
)]

mod common;

use common::Fixture;

/// Longer than any test.
const NEVER: &str = "60m";

#[test]
fn silent_clients_are_closed() {
    let fixture = Fixture::start(&[("HEADER_READ_TIMEOUT", "200ms"), ("KEEP_ALIVE_TIMEOUT", NEVER)]);
    fixture.connect().closed();
}

#[test]
fn unfinished_heads_are_closed() {
    let fixture = Fixture::start(&[("HEADER_READ_TIMEOUT", "200ms"), ("KEEP_ALIVE_TIMEOUT", NEVER)]);
    let mut client = fixture.connect();
    client.send("GET / HTTP/1.1\r\nhost: loc");
    client.closed();
    // Nor is the second head of a connection spared.
    let mut client = fixture.connect();
    assert_eq!(client.get("/").status, 200);
    client.send("GET / HTT");
    client.closed();
}

#[test]
fn pipelined_heads_have_keep_alive_timeout() {
    let fixture = Fixture::start(&[("HEADER_READ_TIMEOUT", NEVER), ("KEEP_ALIVE_TIMEOUT", "200ms")]);
    let mut client = fixture.connect();
    client.send("GET / HTTP/1.1\r\nhost: localhost\r\n\r\nGET / HTT");
    assert_eq!(client.answer().status, 200);
    client.closed();
}

#[test]
fn idle_connections_have_keep_alive_timeout() {
    let fixture = Fixture::start(&[("HEADER_READ_TIMEOUT", NEVER), ("KEEP_ALIVE_TIMEOUT", "200ms")]);
    let mut client = fixture.connect();
    assert_eq!(client.get("/").status, 200);
    client.closed();
}

#[test]
fn connections_are_kept() {
    let fixture = Fixture::start(&[]);
    let mut client = fixture.connect();
    for _ in 0..3 {
        assert_eq!(client.get("/").body, "fixture");
    }
    assert_eq!(fixture.metric("http_connections").as_deref(), Some("1"));
}

#[test]
fn slow_handlers_are_503() {
    let fixture = Fixture::start(&[("REQUEST_TIMEOUT", "200ms")]);
    let mut client = fixture.connect();
    assert_eq!(
        client.get("/sleep/3600000").problem(503),
        "no answer within 200 ms"
    );
    assert_eq!(client.get("/").status, 200);
}

#[test]
fn slow_bodies_are_408() {
    let fixture = Fixture::start(&[("REQUEST_TIMEOUT", "200ms")]);
    let mut client = fixture.connect();
    client.request("POST", "/echo", &[("content-length", "2")], None);
    client.send("a");
    assert_eq!(client.answer().problem(408), "the body did not end within 200 ms");
    client.closed();
}

#[test]
fn blocked_clients_are_cut_off() {
    let fixture = Fixture::start(&[("SEND_TIMEOUT", "200ms")]);
    let mut client = fixture.connect();
    client.request("GET", "/big/1000000000", &[], None);
    client.wait();
    let line = fixture.request_line();
    assert_eq!((&line["status"], &line["answered"]), (&200.into(), &false.into()));
    assert!(client.rest().len() < 1_000_000_000);
}

#[test]
fn reading_clients_have_any_time() {
    let fixture = Fixture::start(&[("SEND_TIMEOUT", "1s"), ("REQUEST_TIMEOUT", "1s")]);
    let mut client = fixture.connect();
    let answer = client.get("/big/50000000");
    assert_eq!(answer.body.len(), 50_000_000);
    assert_eq!(fixture.request_line()["answered"], true);
}

#[test]
fn long_content_length_is_413() {
    let fixture = Fixture::start(&[("MAX_BODY_BYTES", "4")]);
    let mut client = fixture.connect();
    assert_eq!(client.post("/echo", &[], "1234").body, "1234");
    client.request("POST", "/echo", &[("content-length", "5")], None);
    client.answer().problem(413);
    client.closed();
}

#[test]
fn long_chunked_body_is_413() {
    let fixture = Fixture::start(&[("MAX_BODY_BYTES", "4")]);
    let chunked = [
        ("transfer-encoding", "chunked"),
        ("content-type", "application/json"),
    ];
    for path in ["/echo", "/json"] {
        println!("{path}");
        let mut client = fixture.connect();
        client.request("POST", path, &chunked, None);
        client.send("5\r\n12345\r\n");
        client.answer().problem(413);
    }
}

#[test]
fn long_heads_are_431() {
    let fixture = Fixture::start(&[("MAX_HEADER_BYTES", "8192")]);
    let long = |length| "x".repeat(length);
    let mut client = fixture.connect();
    client.request("GET", "/", &[("a", &long(7000))], None);
    assert_eq!(client.answer().status, 200);
    client.request("GET", "/", &[("a", &long(9000))], None);
    assert_eq!(client.answer().status, 431);
    client.closed();
}

#[test]
fn requests_beyond_the_limit_are_503() {
    let fixture = Fixture::start(&[("MAX_REQUESTS", "1")]);
    let mut first = fixture.connect();
    first.request("GET", "/sleep/3600000", &[], None);
    fixture.wait_for("sleeping");
    let shed = fixture.get("/");
    assert_eq!(shed.problem(503), "too many requests");
    assert_eq!(shed.header("retry-after"), Some("1"));
    assert_eq!(fixture.metric("http_requests_shed_total").as_deref(), Some("1"));
    // Operations are not shed.
    assert_eq!(fixture.ask("/readyz").status, 200);
    // A client that leaves makes room.
    fixture.request_line();
    drop(first);
    fixture.request_line();
    assert_eq!(fixture.get("/").status, 200);
}

#[test]
fn connections_beyond_the_limit_wait() {
    let fixture = Fixture::start(&[("MAX_CONNECTIONS", "1")]);
    let mut first = fixture.connect();
    assert_eq!(first.get("/").status, 200);
    let mut second = fixture.connect();
    second.request("GET", "/log", &[], None);
    // The first goes on being served while the second waits.
    assert_eq!(first.get("/").status, 200);
    assert_eq!(fixture.metric("http_connections").as_deref(), Some("1"));
    for _ in 0..2 {
        assert_eq!(fixture.request_line()["route"], "/");
    }
    drop(first);
    assert_eq!(second.answer().status, 200);
}

#[test]
fn slow_bodies_leave_requests_to_others() {
    let fixture = Fixture::start(&[
        ("MAX_REQUESTS", "4"),
        ("REQUEST_TIMEOUT", NEVER),
        ("MIN_DATA_RATE", "0"),
    ]);
    let mut slow: Vec<_> = (0..6).map(|_| fixture.connect()).collect();
    for client in &mut slow {
        client.request("POST", "/echo", &[("content-length", "4")], None);
        client.send("bo");
    }
    // Two wait for their body; whichever those are, the others are answered.
    for _ in 0..4 {
        assert_eq!(fixture.request_line()["status"], 503);
    }
    for _ in 0..3 {
        assert_eq!(fixture.get("/").status, 200);
        // A body that comes with its head waits for nothing.
        assert_eq!(fixture.connect().post("/echo", &[], "body").body, "body");
    }
    for client in &mut slow {
        client.send("dy");
    }
    let statuses: Vec<u16> = slow.iter_mut().map(|client| client.answer().status).collect();
    assert_eq!(
        statuses.iter().filter(|status| **status == 200).count(),
        2,
        "{statuses:?}"
    );
}

#[test]
fn bodies_below_min_rate_are_408() {
    let fixture = Fixture::start(&[("REQUEST_TIMEOUT", NEVER), ("MIN_DATA_RATE", "1000000")]);
    let mut client = fixture.connect();
    client.request("POST", "/echo", &[("content-length", "1000")], None);
    client.send("slow");
    let answer = client.answer();
    assert_eq!(answer.problem(408), "request body: sent too slowly");
    assert_eq!(answer.header("connection"), Some("close"));
}

#[test]
fn header_fields_beyond_limit_are_431() {
    let fixture = Fixture::start(&[("MAX_HEADERS", "8")]);
    let fields = |count| vec![("a", "b"); count];
    let mut client = fixture.connect();
    client.request("GET", "/", &fields(7), None);
    assert_eq!(client.answer().status, 200);
    client.request("GET", "/", &fields(8), None);
    assert_eq!(client.answer().status, 431);
}

#[test]
fn routes_have_own_limits() {
    let fixture = Fixture::start(&[("REQUEST_TIMEOUT", "300ms"), ("MAX_BODY_BYTES", "4")]);
    let mut client = fixture.connect();
    assert_eq!(client.post("/limited/body", &[], "12345678").body, "12345678");
    client.post("/limited/body", &[], "123456789").problem(413);
    let mut client = fixture.connect();
    client.post("/echo", &[], "12345").problem(413);
    let mut client = fixture.connect();
    assert_eq!(
        client.get("/limited/time/3600000").problem(503),
        "no answer within 200 ms"
    );
    assert_eq!(
        client.get("/sleep/3600000").problem(503),
        "no answer within 300 ms"
    );
    assert_eq!(client.get("/unlimited/time/600").status, 200);
}

#[test]
fn routes_have_own_concurrency() {
    let fixture = Fixture::start(&[("REQUEST_TIMEOUT", NEVER)]);
    let mut first = fixture.connect();
    first.request("GET", "/limited/concurrency/3600000", &[], None);
    fixture.wait_for("sleeping");
    let answer = fixture.get("/limited/concurrency/0");
    assert_eq!(answer.problem(503), "too many requests of this route");
    assert_eq!(answer.header("retry-after"), Some("1"));
    assert_eq!(fixture.get("/").status, 200);
}
