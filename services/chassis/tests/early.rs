//! Responses before the end of the request's body, and clients that close the connection early.

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
use test_support::http1::Client;
use test_support::Program;

const CHUNKED: [(&str, &str); 1] = [("transfer-encoding", "chunked")];

fn body(length: usize) -> String {
    "x".repeat(length)
}

fn post_head(path: &str, length: usize) -> String {
    format!("POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-length: {length}\r\n")
}

#[test]
fn unread_bodies_keep_the_connection() {
    let fixture = start(&[]);
    let mut client = fixture.connect();
    for _ in 0..5 {
        for length in [1, 1000, 100_000, 200_000] {
            for (path, status) in [("/nothing", 404), ("/", 405), ("/json", 415), ("/ignore", 200)] {
                let response = client.post(path, &[], &body(length));
                assert_eq!(response.status, status, "{path}");
                assert_eq!(response.header("connection"), None, "{path} {length}");
            }
        }
        client.request("GET", "/", &[], Some(&body(1000)));
        assert_eq!(client.response().status, 200);
    }
    assert_eq!(fixture.metric("http_connections").as_deref(), Some("1"));
}

#[test]
fn late_bodies_keep_the_connection() {
    let fixture = start(&[("HEADER_READ_TIMEOUT", "2s")]);
    let mut client = fixture.connect();
    for _ in 0..3 {
        client.send(format!("{}\r\n", post_head("/nothing", 100_000)));
        assert_eq!(client.response().status, 404);
        client.send(body(100_000));
    }
    assert_eq!(client.get("/").status, 200);
    client.send(format!("{}\r\n", post_head("/nothing", 2)));
    assert_eq!(client.response().status, 404);
    for _ in 0..2 {
        client.send("x");
        // Longer than the timeout, which only applies to heads.
        assert_eq!(fixture.get("/sleep/2500").status, 200);
    }
    assert_eq!(client.get("/").status, 200);
}

#[test]
fn bodies_may_be_read_after_the_response() {
    let fixture = start(&[("HEADER_READ_TIMEOUT", "1s"), ("KEEP_ALIVE_TIMEOUT", "1s")]);
    let mut client = fixture.connect();
    client.send(format!("{}\r\n", post_head("/detached", 3)));
    assert_eq!(client.response().status, 202);
    for _ in 0..2 {
        client.send("x");
        // Longer than the timeouts, which do not apply to bodies.
        assert_eq!(fixture.get("/sleep/1500").status, 200);
    }
    client.send("x");
    assert_eq!(fixture.wait_for("body read")["length"], 3);
    assert_eq!(client.get("/").status, 200);
}

#[test]
fn chunked_unread_bodies_announce_close() {
    let fixture = start(&[]);
    let mut client = fixture.connect();
    for _ in 0..3 {
        client.request("POST", "/nothing", &CHUNKED, None);
        client.send(chunks(3));
        let response = client.response();
        assert_eq!((response.status, response.header("connection")), (404, None));
    }
    // A client that reuses the connection would lose its next request.
    for body in [String::new(), chunks(100)] {
        let mut client = fixture.connect();
        client.request("POST", "/nothing", &CHUNKED, None);
        client.send(body);
        let response = client.response();
        assert_eq!(
            (response.status, response.header("connection")),
            (404, Some("close"))
        );
        client.assert_closed();
    }
}

/// A chunked body of `count` times 10,000 bytes.
fn chunks(count: usize) -> String {
    format!("2710\r\n{}\r\n", body(10_000)).repeat(count) + "0\r\n\r\n"
}

/// Sends a whole request before it reads the response.
fn post_then_read(fixture: &Program, path: &str, headers: &str, length: usize) -> (u16, Client) {
    let mut client = fixture.connect();
    client.send(format!("{}{headers}\r\n", post_head(path, length)));
    client.send(body(length));
    let response = client.response();
    assert_eq!(response.header("connection"), Some("close"), "{path} {length}");
    (response.status, client)
}

#[test]
fn long_unread_bodies_keep_the_response() {
    let fixture = start(&[("MAX_BODY_BYTES", "1000")]);
    for length in [300_000, 3_000_000, 30_000_000] {
        for (path, headers, status) in [
            ("/nothing", "", 404),
            ("/echo", "", 413),
            ("/json", "", 415),
            // As Java's HttpClient.
            ("/nothing", "connection: upgrade\r\nupgrade: h2c\r\n", 404),
        ] {
            let (found, mut client) = post_then_read(&fixture, path, headers, length);
            assert_eq!(found, status, "{path} {length}");
            client.assert_closed();
        }
    }
}

#[test]
fn malformed_heads_get_a_response() {
    let fixture = start(&[("MAX_HEADER_BYTES", "8192"), ("LOG_LEVEL", "debug")]);
    for (head, status) in [
        (
            format!("GET / HTTP/1.1\r\nhost: a\r\na: {}", body(1_000_000)),
            431,
        ),
        (format!("nonsense\r\n\r\n{}", body(1_000_000)), 400),
    ] {
        let mut client = fixture.connect();
        client.send(head);
        assert_eq!(client.response().status, status);
        drop(client);
        assert_eq!(fixture.wait_for("malformed request")["status"], status);
    }
    for status in [400, 431] {
        let counted =
            format!("http_requests_total{{method=\"other\",route=\"malformed\",status=\"{status}\"}}");
        assert_eq!(fixture.metric(&counted).as_deref(), Some("1"), "{status}");
    }
}

#[test]
fn malformed_heads_are_logged_at_debug() {
    let fixture = start(&[("LOG_LEVEL", "debug")]);
    fixture.connect().send("nonsense\r\n\r\n");
    let line = fixture.wait_for("malformed request");
    assert_eq!((&line["level"], &line["status"]), (&"debug".into(), &400.into()));
}

#[test]
fn expect_continue_is_supported() {
    let fixture = start(&[]);
    let mut client = fixture.connect();
    client.send(format!(
        "{}expect: 100-continue\r\n\r\n",
        post_head("/nothing", 10)
    ));
    let response = client.response();
    assert_eq!(
        (response.status, response.header("connection")),
        (404, Some("close"))
    );
    client.assert_closed();
    let mut client = fixture.connect();
    client.send(format!("{}expect: 100-continue\r\n\r\n", post_head("/echo", 4)));
    assert_eq!(client.response().status, 100);
    client.send("body");
    assert_eq!(client.response().body, "body");
}

#[test]
fn half_closed_clients_get_responses() {
    let fixture = start(&[]);
    for (request, end) in [
        ("GET / HTTP/1.1\r\nhost: a\r\n\r\n", "fixture"),
        ("GET /sleep/500 HTTP/1.1\r\nhost: a\r\n\r\n", "\r\n\r\n"),
        (
            "POST /echo HTTP/1.1\r\nhost: a\r\ncontent-length: 4\r\n\r\nbody",
            "body",
        ),
        (
            "POST /nothing HTTP/1.1\r\nhost: a\r\ncontent-length: 4\r\n\r\nbody",
            "404}",
        ),
    ] {
        let mut client = fixture.connect();
        client.send(request);
        client.shutdown_write();
        let response = String::from_utf8(client.read_to_end()).unwrap();
        assert!(response.starts_with("HTTP/1.1 "), "{request}: {response}");
        assert!(response.ends_with(end), "{request}: {response}");
        assert_eq!(fixture.request_log()["complete"], true, "{request}");
    }
    let mut client = fixture.connect();
    client.request("GET", "/sleep/500", &[], None);
    fixture.wait_for("sleeping");
    client.shutdown_write();
    assert_eq!(client.response().status, 200);
}

#[test]
fn half_closed_clients_with_incomplete_bodies_get_400() {
    let fixture = start(&[]);
    for request in [
        "POST /echo HTTP/1.1\r\nhost: a\r\ncontent-length: 4\r\n\r\nbo",
        "POST /echo HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n2\r\nbo\r\n",
    ] {
        let mut client = fixture.connect();
        client.send(request);
        client.shutdown_write();
        assert_eq!(client.response().status, 400);
        assert_eq!(fixture.request_log()["status"], 499);
    }
}

#[test]
fn disconnected_clients_are_status_499() {
    let fixture = start(&[]);
    let mut client = fixture.connect();
    client.request("GET", "/sleep/3600000", &[], None);
    fixture.wait_for("sleeping");
    drop(client);
    let line = fixture.request_log();
    assert_eq!((&line["status"], &line["complete"]), (&499.into(), &false.into()));
    let mut client = fixture.connect();
    client.send(format!("{}\r\nabc", post_head("/echo", 10)));
    drop(client);
    let line = fixture.request_log();
    assert_eq!((&line["status"], &line["complete"]), (&499.into(), &false.into()));
    for (route, count) in [("/sleep/{ms}", "1"), ("/echo", "1")] {
        let counted = format!("http_responses_incomplete_total{{route=\"{route}\"}}");
        assert_eq!(fixture.metric(&counted).as_deref(), Some(count), "{route}");
    }
}

#[test]
fn malformed_chunks_are_400() {
    let fixture = start(&[]);
    for chunk in ["x\r\n", "3\r\nabcd\r\n", "fffffffffffffffff\r\n"] {
        let mut client = fixture.connect();
        client.request("POST", "/echo", &CHUNKED, None);
        client.send(chunk);
        let response = client.response();
        assert_eq!(
            response.assert_problem(400),
            "malformed request body",
            "{chunk:?}"
        );
        let line = fixture.request_log();
        assert_eq!((&line["status"], &line["complete"]), (&400.into(), &true.into()));
    }
}

#[test]
fn invalid_hosts_and_codings_are_400() {
    let fixture = start(&[]);
    for headers in [
        "",
        "host: a\r\nhost: b\r\n",
        "host: a b\r\n",
        "host: a:99999\r\n",
        "host: a\r\ntransfer-encoding: gzip, chunked\r\n",
        "host: a\r\ntransfer-encoding: chunked, chunked\r\n",
    ] {
        let mut client = fixture.connect();
        client.send(format!("POST /echo HTTP/1.1\r\n{headers}\r\n0\r\n\r\n"));
        let response = client.response();
        assert_eq!(
            (response.status, response.header("connection")),
            (400, Some("close")),
            "{headers}"
        );
        client.assert_closed();
    }
}
