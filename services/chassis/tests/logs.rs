//! The log of the service and its requests.

#![allow(
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    missing_docs
)]

mod common;

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::Stdio;
use std::thread;
use std::time::Instant;

use common::{command, start};
use rustix::io::ioctl_fionbio;
use serde_json::Value;
use test_support::http1::Client;
use test_support::{Program, Signal, TIMEOUT};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

#[test]
fn requests_are_logged() {
    let fixture = start(&[]);
    let mut client = fixture.connect();
    client.request(
        "GET",
        "/sleep/1",
        &[("traceparent", PARENT), ("x-request-id", "mine-1")],
        None,
    );
    let response = client.response();
    assert_eq!(response.header("x-request-id"), Some("mine-1"));
    let line = fixture.request_log();
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
    assert_eq!(line["complete"], true);
    assert!(line["latency_ms"].as_f64().unwrap() >= 1.0, "{line}");
    let time = line["time"].as_str().unwrap();
    assert!(time.len() == 24 && time.ends_with('Z'), "{time}");
}

#[test]
fn request_ids_are_created() {
    let fixture = start(&[]);
    let response = fixture.get("/");
    let line = fixture.request_log();
    assert_eq!(response.header("x-request-id"), line["request_id"].as_str());
    assert_eq!(line["trace_id"].as_str().unwrap().len(), 32);
}

#[test]
fn handler_events_have_trace_ids() {
    let fixture = start(&[]);
    let mut client = fixture.connect();
    client.request("GET", "/log", &[("traceparent", PARENT)], None);
    assert_eq!(client.response().status, 200);
    let line = fixture.wait_for("a line of a handler");
    assert_eq!(line["trace_id"], TRACE);
    assert_eq!(line["number"], 7);
    assert_eq!(line["target"], "fixture");
}

#[test]
fn spawned_tasks_can_have_trace_ids() {
    let fixture = start(&[]);
    let mut client = fixture.connect();
    client.request("GET", "/log/tasks", &[("traceparent", PARENT)], None);
    assert_eq!(client.response().status, 200);
    let mut messages = [(); 2].map(|()| {
        let line = fixture.find_line("of a task", |line| line["target"] == "fixture");
        assert_eq!(line["trace_id"], TRACE, "{line}");
        line["message"].as_str().unwrap().to_owned()
    });
    messages.sort();
    assert_eq!(messages, ["a line of a blocking task", "a line of a task"]);
}

#[test]
fn failed_bodies_are_logged_with_trace_ids() {
    let fixture = start(&[]);
    for (path, target, field, value) in [
        (
            "/failing/5",
            "chassis_http::request::response",
            "error",
            "no more data",
        ),
        ("/broken/5", "panic", "message", "requested panic in a body"),
    ] {
        let mut client = fixture.connect();
        client.request("GET", path, &[("traceparent", PARENT)], None);
        let line = fixture.find_line(path, |line| line["target"] == target);
        assert_eq!(
            (&line["level"], &line["trace_id"]),
            (&"error".into(), &TRACE.into())
        );
        assert_eq!(line[field], value);
        assert_eq!(fixture.request_log()["complete"], false);
    }
}

#[test]
fn traces_continue_with_a_new_span() {
    let fixture = start(&[]);
    // By the extractor, and in a handler without extractors.
    for path in ["/trace", "/trace/current"] {
        let mut client = fixture.connect();
        client.request("GET", path, &[("traceparent", PARENT)], None);
        let passed = client.response().body;
        assert!(
            passed.starts_with(&format!("00-{TRACE}-")) && passed.ends_with("-01"),
            "{passed}"
        );
        assert_ne!(passed, PARENT);
    }
}

#[test]
fn no_request_content_is_logged() {
    // The lowest level, which includes the events of hyper and h2.
    let mut fixture = start(&[("LOG_LEVEL", "debug")]);
    let mut client = fixture.connect();
    let headers = [
        ("authorization", "Bearer secret-header"),
        ("x-request-id", "secret id"),
        ("traceparent", "secret-trace"),
        ("content-type", "application/json"),
    ];
    client
        .post("/json?token=secret-query", &headers, "{\"x\": \"secret-body\"}")
        .assert_problem(422);
    client
        .post("/secret-path", &headers, "secret-body")
        .assert_problem(404);
    client.request("secret-method", "/", &headers, None);
    client.response().assert_problem(405);
    client.send("secret nonsense\r\n\r\n");
    client.read_to_end();
    fixture.signal(Signal::TERM);
    let lines = fixture.remaining_log();
    assert_eq!(fixture.wait().code(), Some(0));
    assert!(
        lines.iter().any(|line| line.contains("\"status\":422")),
        "{lines:?}"
    );
    assert!(!lines.iter().any(|line| line.contains("secret")), "{lines:?}");
}

fn wait_for_port(address: SocketAddr) {
    let deadline = Instant::now() + TIMEOUT;
    while TcpStream::connect(address).is_err() {
        assert!(Instant::now() < deadline, "the service does not listen");
    }
}

#[test]
fn log_level_filters_events() {
    // At this level the service does not log its addresses.
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let port = address.port().to_string();
    let mut fixture = Program::spawn(&mut command(&[("LOG_LEVEL", "warn"), ("PORT", &port)]));
    wait_for_port(address);
    assert_eq!(Client::connect(address).get("/").status, 200);
    assert_eq!(Client::connect(address).get("/panic").status, 500);
    assert_eq!(fixture.terminate(), Some(0));
    let lines = fixture.remaining_log();
    assert_eq!(lines.len(), 1, "{lines:?}");
    let line: Value = serde_json::from_str(&lines[0]).unwrap();
    assert_eq!(line["target"], "panic", "{line}");
}

#[test]
fn plain_lines_are_readable() {
    let mut fixture = Program::spawn(&mut command(&[("LOG_FORMAT", "plain")]));
    let line = fixture.next_line();
    assert!(
        line.contains(" INFO  chassis::run: listening address=\"127.0.0.1:"),
        "{line}"
    );
    assert_eq!(fixture.terminate(), Some(0));
    let log = format!("{line}\n{}", fixture.remaining_log().join("\n"));
    assert!(log.contains("draining signal=\"SIGTERM\""), "{log}");
    assert!(!log.contains('{'), "{log}");
}

/// Starts the fixture with another standard output. Returns also the addresses of its ports, which are only in the log.
fn start_with_output(output: impl Into<Stdio>) -> (Program, [SocketAddr; 2]) {
    let free = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
    let addresses = free.map(|port| port.local_addr().unwrap());
    let [port, operations] = addresses.map(|address| address.port().to_string());
    let mut command = command(&[("PORT", &port), ("OPS_PORT", &operations)]);
    let fixture = Program::from_child(command.stdout(output).spawn().unwrap());
    wait_for_port(addresses[0]);
    (fixture, addresses)
}

#[test]
fn nonblocking_output_loses_no_lines() {
    const REQUESTS: usize = 1000;

    let (reader, writer) = io::pipe().unwrap();
    ioctl_fionbio(&writer, true).unwrap();
    let (mut fixture, [address, _]) = start_with_output(writer);
    let mut client = Client::connect(address);
    // More than the capacity of the pipe, 64 KiB.
    for _ in 0..REQUESTS {
        assert_eq!(client.get("/").status, 200);
    }
    let log = thread::spawn(move || io::read_to_string(reader).unwrap());
    assert_eq!(fixture.terminate(), Some(0));
    let log = log.join().unwrap();
    let lines = log
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    assert_eq!(lines.filter(|line| line["target"] == "request").count(), REQUESTS);
}

#[test]
fn unwritable_lines_are_counted() {
    let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
    let (mut fixture, [address, operations]) = start_with_output(full);
    assert_eq!(Client::connect(address).get("/").status, 200);
    let deadline = Instant::now() + TIMEOUT;
    while Client::connect(operations)
        .get("/metrics")
        .body
        .contains("log_lines_dropped_total 0\n")
    {
        assert!(Instant::now() < deadline, "no line was counted");
    }
    assert_eq!(fixture.terminate(), Some(0));
}

#[test]
fn failures_are_reported_without_log() {
    let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = command(&[("TASK", "fail")]).stdout(full).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let stderr = String::from_utf8(output.stderr).unwrap();
    let (report, errors) = stderr.split_once('\n').unwrap();
    assert_eq!(
        report,
        "fixture: cannot write the log to standard output: No space left on device (os error 28)"
    );
    let first: Value = serde_json::from_str(errors.lines().next().unwrap()).unwrap();
    assert_eq!(first["error"], "no database: connection refused");
}

#[test]
fn blocked_standard_error_does_not_prevent_exit() {
    let (_reader, mut blocked) = io::pipe().unwrap();
    // The default capacity of a pipe.
    blocked.write_all(&vec![b'\n'; 1 << 16]).unwrap();
    for (variable, code) in [(("START", "fail"), 1), (("PORT", "many"), 64)] {
        let mut command = command(&[variable]);
        command.stderr(blocked.try_clone().unwrap());
        assert_eq!(Program::spawn(&mut command).wait().code(), Some(code));
    }
}

#[test]
fn closed_log_does_not_stop_service() {
    let mut fixture = start(&[]);
    let mut client = fixture.connect();
    let closed = fixture.close_log();
    assert_eq!(client.get("/log").status, 200);
    closed.join().unwrap();
    for _ in 0..10 {
        assert_eq!(client.get("/log").status, 200);
    }
    assert_eq!(fixture.terminate(), Some(0));
}
