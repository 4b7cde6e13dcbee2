//! Responses of the router, the extractors and the panic handler.

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

#[test]
fn router_errors_are_problems() {
    let fixture = start(&[]);
    let mut client = fixture.connect();
    client.get("/nothing").assert_problem(404);
    let response = client.post("/", &[], "");
    response.assert_problem(405);
    assert_eq!(response.header("allow"), Some("GET,HEAD"));
}

#[test]
fn head_errors_have_no_body() {
    let fixture = start(&[]);
    let mut client = fixture.connect();
    let length = client.get("/nothing").body.len();
    client.send("HEAD /nothing HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    let response = String::from_utf8(client.read_to_end()).unwrap();
    assert!(
        response.starts_with("HTTP/1.1 404 ")
            && response.contains(&format!("\r\ncontent-length: {length}\r\n"))
            && response.ends_with("\r\n\r\n"),
        "{response}"
    );
}

#[test]
fn reset_content_has_no_body() {
    let fixture = start(&[]);
    let response = fixture.get("/status/205");
    assert_eq!(response.header("content-length"), Some("0"));
}

#[test]
fn connect_is_501() {
    let fixture = start(&[]);
    let mut client = fixture.connect();
    client.request("CONNECT", "localhost:443", &[], None);
    client.response().assert_problem(501);
    client.assert_closed();
}

#[test]
fn informational_statuses_are_500() {
    let fixture = start(&[]);
    let mut client = fixture.connect();
    for status in [100, 101, 103] {
        client.get(&format!("/status/{status}")).assert_problem(500);
        let line = fixture.wait_for("handler returned an informational status");
        assert_eq!(
            (&line["level"], &line["status"]),
            (&"error".into(), &status.into())
        );
        assert_eq!(fixture.request_log()["status"], 500);
    }
}

#[test]
fn json_round_trips() {
    let fixture = start(&[]);
    let mut client = fixture.connect();
    for content_type in [
        "application/json",
        "Application/JSON; charset=utf-8",
        "application/geo+json",
    ] {
        let response = client.post("/json", &[("content-type", content_type)], "{\"x\": 1}");
        assert_eq!(
            (response.status, response.body.as_str()),
            (200, "{\"x\":1}"),
            "{content_type}"
        );
        assert_eq!(response.header("content-type"), Some("application/json"));
    }
}

#[test]
fn invalid_json_is_reported() {
    let fixture = start(&[("MAX_BODY_BYTES", "20")]);
    let json = ("content-type", "application/json");
    let text = ("content-type", "text/plain");
    for (header, body, status, why) in [
        (json, "{\"x\": ", 400, "EOF"),
        (json, "", 400, "EOF"),
        (json, "{\"x\": 1} {}", 400, "trailing"),
        (json, "{\"x\": \"one\"}", 422, "expected i64"),
        (json, "{\"y\": 1}", 422, "`x`"),
        (json, "[1]", 422, "expected struct Point"),
        (text, "{\"x\": 1}", 415, "application/json"),
        (json, "{\"x\": 10000000000000000}", 413, ""),
    ] {
        let detail = fixture
            .connect()
            .post("/json", &[header], body)
            .assert_problem(status);
        assert!(detail.contains(why), "{body}: {detail}");
    }
}

#[test]
fn handler_panics_are_500() {
    let fixture = start(&[]);
    let mut client = fixture.connect();
    let response = client.get("/panic");
    // The panic message is not sent to the client.
    assert_eq!(response.assert_problem(500), "");
    assert!(response.header("x-request-id").is_some());
    let line = fixture.find_line("the panic", |line| line["target"] == "panic");
    assert_eq!(
        (&line["level"], &line["message"]),
        (&"error".into(), &"requested panic".into())
    );
    assert!(line["location"].as_str().unwrap().contains("main.rs:"), "{line}");
    let request = fixture.request_log();
    assert_eq!(
        (&request["status"], &request["route"]),
        (&500.into(), &"/panic".into())
    );
    assert_eq!(request["trace_id"], line["trace_id"]);
    assert_eq!(client.get("/").status, 200);
    assert_eq!(fixture.metric("panics_total").as_deref(), Some("1"));
    let counted = "http_requests_total{method=\"GET\",route=\"/panic\",status=\"500\"}";
    assert_eq!(fixture.metric(counted).as_deref(), Some("1"));
}

#[test]
fn body_panics_abort_one_response() {
    let fixture = start(&[]);
    let mut other = fixture.connect();
    assert_eq!(other.get("/").status, 200);
    assert_eq!(fixture.request_log()["complete"], true);
    let mut client = fixture.connect();
    client.request("GET", "/broken/5", &[], None);
    let response = String::from_utf8(client.read_to_end()).unwrap();
    // The response may have begun, but has no last chunk.
    assert!(!response.ends_with("0\r\n\r\n"), "{response:?}");
    let request = fixture.request_log();
    assert_eq!(
        (&request["route"], &request["complete"]),
        (&"/broken/{bytes}".into(), &false.into())
    );
    assert_eq!(fixture.metric("panics_total").as_deref(), Some("1"));
    assert_eq!(other.get("/").status, 200);
}

#[test]
fn panics_in_drop_keep_the_connection() {
    let fixture = start(&[("REQUEST_TIMEOUT", "100ms")]);
    let mut client = fixture.connect();
    let response = client.get("/panic-in-drop/5");
    assert_eq!((response.status, response.body.as_str()), (200, "xxxxx"));
    // The handler is dropped after its timeout.
    assert_eq!(client.get("/panic-in-drop").status, 500);
    assert_eq!(client.get("/").status, 200);
    assert_eq!(fixture.metric("panics_total").as_deref(), Some("2"));
}

#[test]
fn streams_of_known_length_complete() {
    let fixture = start(&[]);
    let mut client = fixture.connect();
    for length in [0, 5, 200_000] {
        let response = client.get(&format!("/sized/{length}"));
        assert_eq!(response.body.len(), length);
        assert_eq!(fixture.request_log()["complete"], true, "{length}");
    }
}

#[test]
fn streams_below_their_length_are_incomplete() {
    let fixture = start(&[]);
    let mut client = fixture.connect();
    client.request("GET", "/short/5", &[], None);
    client.read_to_end();
    let line = fixture.wait_for("response body failed");
    assert_eq!(line["error"], "shorter than its content-length");
    assert_eq!(fixture.request_log()["complete"], false);
}

#[test]
fn two_body_lengths_close_the_connection() {
    let fixture = start(&[]);
    for headers in [
        "content-length: 4\r\ntransfer-encoding: chunked",
        "transfer-encoding: chunked\r\ncontent-length: 4",
    ] {
        let mut client = fixture.connect();
        client.send(format!(
            "POST /echo HTTP/1.1\r\nhost: localhost\r\n{headers}\r\n\r\n0\r\n\r\nGET /log HTTP/1.1\r\nhost: localhost\r\n\r\n"
        ));
        let response = client.response();
        assert_eq!((response.status, response.body.as_str()), (200, ""), "{headers}");
        client.assert_closed();
        assert_eq!(fixture.request_log()["route"], "/echo");
    }
    assert_eq!(
        fixture.metric("http_requests_total{method=\"GET\",route=\"/log\",status=\"200\"}"),
        None
    );
}
