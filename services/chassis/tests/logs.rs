//! What is logged, and what must not be.

#![allow(
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    missing_docs
)]

mod common;

use std::io::{BufRead, BufReader, Read};
use std::net::{TcpListener, TcpStream};
use std::process::Stdio;
use std::time::Instant;

use common::{command, Client, Fixture, Signal, DEADLINE};
use rustix::process::{kill_process, Pid};
use serde_json::Value;

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

#[test]
fn requests_are_logged() {
    let fixture = Fixture::start(&[]);
    let mut client = fixture.connect();
    client.request(
        "GET",
        "/sleep/1",
        &[("traceparent", PARENT), ("x-request-id", "mine-1")],
        None,
    );
    let answer = client.answer();
    assert_eq!(answer.header("x-request-id"), Some("mine-1"));
    let line = fixture.request_line();
    for (field, value) in [
        ("level", "info"),
        ("method", "GET"),
        ("route", "/sleep/{ms}"),
        ("trace_id", TRACE),
        ("request_id", "mine-1"),
    ] {
        assert_eq!(line[field], value, "{line}");
    }
    assert_eq!(line["status"], 200);
    assert_eq!(line["answered"], true);
    assert!(line["latency_ms"].as_f64().unwrap() >= 1.0, "{line}");
    let time = line["time"].as_str().unwrap();
    assert!(time.len() == 24 && time.ends_with('Z'), "{time}");
}

#[test]
fn request_ids_are_created() {
    let fixture = Fixture::start(&[]);
    let answer = fixture.get("/");
    let line = fixture.request_line();
    assert_eq!(answer.header("x-request-id"), line["request_id"].as_str());
    assert_eq!(line["trace_id"].as_str().unwrap().len(), 32);
}

#[test]
fn handler_events_have_trace_ids() {
    let fixture = Fixture::start(&[]);
    let mut client = fixture.connect();
    client.request("GET", "/log", &[("traceparent", PARENT)], None);
    assert_eq!(client.answer().status, 200);
    let line = fixture.wait_for("a line of a handler");
    assert_eq!(line["trace_id"], TRACE);
    assert_eq!(line["number"], 7);
    assert_eq!(line["target"], "fixture");
}

#[test]
fn traces_continue_with_a_new_span() {
    let fixture = Fixture::start(&[]);
    let mut client = fixture.connect();
    client.request("GET", "/trace", &[("traceparent", PARENT)], None);
    let passed = client.answer().body;
    assert!(
        passed.starts_with(&format!("00-{TRACE}-")) && passed.ends_with("-01"),
        "{passed}"
    );
    assert_ne!(passed, PARENT);
}

#[test]
fn no_request_content_is_logged() {
    // Debug is all that there is to be had, of the crates below too.
    let mut fixture = Fixture::start(&[("LOG_LEVEL", "debug")]);
    let mut client = fixture.connect();
    let headers = [
        ("authorization", "Bearer secret-header"),
        ("x-request-id", "secret id"),
        ("traceparent", "secret-trace"),
        ("content-type", "application/json"),
    ];
    client
        .post("/json?token=secret-query", &headers, "{\"x\": \"secret-body\"}")
        .problem(422);
    client.post("/secret-path", &headers, "secret-body").problem(404);
    client.send("secret nonsense\r\n\r\n");
    client.rest();
    fixture.signal(Signal::TERM);
    let lines = fixture.rest_of_log();
    assert_eq!(fixture.ended().code(), Some(0));
    assert!(
        lines.iter().any(|line| line.contains("\"status\":422")),
        "{lines:?}"
    );
    assert!(!lines.iter().any(|line| line.contains("secret")), "{lines:?}");
}

#[test]
fn log_level_filters_events() {
    // Without a line that tells the port, it has to be known.
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut command = command(&[("LOG_LEVEL", "warn"), ("PORT", &free.port().to_string())]);
    let child = command.stdout(Stdio::piped()).spawn().unwrap();
    let late = Instant::now() + DEADLINE;
    while TcpStream::connect(free).is_err() {
        assert!(Instant::now() < late, "the service does not listen");
    }
    assert_eq!(Client::connect(free).get("/").status, 200);
    assert_eq!(Client::connect(free).get("/panic").status, 500);
    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    let line: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(line["target"], "panic", "{line}");
}

#[test]
fn plain_lines_are_readable() {
    let mut command = command(&[("LOG_FORMAT", "plain")]);
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut log = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    log.read_line(&mut line).unwrap();
    assert!(
        line.contains(" INFO  chassis::run: listening address=\"127.0.0.1:"),
        "{line}"
    );
    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    log.read_to_string(&mut line).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert!(line.contains("draining signal=\"SIGTERM\""), "{line}");
    assert!(!line.contains('{'), "{line}");
}

#[test]
fn closed_log_does_not_stop_service() {
    let mut fixture = Fixture::start(&[]);
    let mut client = fixture.connect();
    let closed = fixture.close_log();
    assert_eq!(client.get("/log").status, 200);
    closed.join().unwrap();
    for _ in 0..10 {
        assert_eq!(client.get("/log").status, 200);
    }
    assert_eq!(fixture.stop(), Some(0));
}
