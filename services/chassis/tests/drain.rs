//! From a signal to the end.

#![allow(
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    missing_docs
)]

mod common;

use std::io::{BufRead, BufReader};
use std::net::TcpStream;
use std::process::Stdio;
use std::time::Instant;

use common::{command, Fixture, Signal, DEADLINE};
use rustix::process::{kill_process, Pid};

/// Longer than any test.
const NEVER: &str = "60m";

#[test]
fn serves_during_grace() {
    let fixture = Fixture::start(&[("DRAIN_GRACE", NEVER)]);
    let mut kept = fixture.connect();
    assert_eq!(kept.get("/").header("connection"), None);
    fixture.signal(Signal::TERM);
    assert_eq!(fixture.wait_for("draining")["signal"], "SIGTERM");
    assert_eq!(fixture.ask("/readyz").problem(503), "draining");
    assert_eq!(fixture.ask("/livez").status, 200);
    for client in [&mut kept, &mut fixture.connect()] {
        let answer = client.get("/");
        assert_eq!((answer.status, answer.header("connection")), (200, Some("close")));
        client.closed();
    }
}

#[test]
fn second_signal_exits_at_once() {
    for (signal, code) in [(Signal::TERM, 143), (Signal::INT, 130)] {
        let mut fixture = Fixture::start(&[("DRAIN_GRACE", NEVER)]);
        fixture.signal(Signal::TERM);
        fixture.wait_for("draining");
        fixture.signal(signal);
        assert_eq!(fixture.ended().code(), Some(code));
        fixture.wait_for("ended at once");
    }
}

#[test]
fn requests_finish_after_grace() {
    let mut fixture = Fixture::start(&[("DRAIN_TIMEOUT", NEVER)]);
    let mut idle = fixture.connect();
    assert_eq!(idle.get("/").status, 200);
    let mut busy = fixture.connect();
    busy.request("GET", "/sleep/1500", &[], None);
    fixture.wait_for("sleeping");
    fixture.signal(Signal::INT);
    assert_eq!(fixture.wait_for("draining")["signal"], "SIGINT");
    idle.closed();
    let late = Instant::now() + DEADLINE;
    while TcpStream::connect(fixture.service).is_ok() {
        assert!(Instant::now() < late, "it takes connections");
    }
    let answer = busy.answer();
    assert_eq!((answer.status, answer.header("connection")), (200, Some("close")));
    busy.closed();
    fixture.wait_for("ended");
    assert_eq!(fixture.ended().code(), Some(0));
}

#[test]
fn new_connections_are_answered_at_close() {
    let mut fixture = Fixture::start(&[("DRAIN_TIMEOUT", NEVER), ("MAX_CONNECTIONS", "3")]);
    let mut clients = [fixture.connect(), fixture.connect(), fixture.connect()];
    fixture.signal(Signal::TERM);
    fixture.wait_for("draining");
    for client in &mut clients {
        let answer = client.get("/");
        assert_eq!((answer.status, answer.header("connection")), (200, Some("close")));
        client.closed();
    }
    assert_eq!(fixture.ended().code(), Some(0));
}

#[test]
fn idle_connections_do_not_delay_shutdown() {
    let mut fixture = Fixture::start(&[("DRAIN_TIMEOUT", NEVER), ("HEADER_READ_TIMEOUT", NEVER)]);
    let mut silent = fixture.connect();
    let mut half = fixture.connect();
    half.send("GET / HTTP/1.1\r\nhost:");
    let mut second = fixture.connect();
    assert_eq!(second.get("/").status, 200);
    second.send("GET /");
    assert_eq!(fixture.stop(), Some(0));
    for client in [&mut silent, &mut half, &mut second] {
        client.closed();
    }
}

#[test]
fn blocked_clients_do_not_delay_shutdown() {
    let mut fixture = Fixture::start(&[("DRAIN_TIMEOUT", NEVER), ("SEND_TIMEOUT", NEVER)]);
    let mut client = fixture.connect();
    client.request("GET", "/big/1000000000", &[], None);
    client.wait();
    assert_eq!(fixture.stop(), Some(0));
}

#[test]
fn drain_timeout_cuts_off_requests() {
    let mut fixture = Fixture::start(&[("DRAIN_TIMEOUT", "200ms")]);
    let mut client = fixture.connect();
    client.request("GET", "/sleep/3600000", &[], None);
    fixture.wait_for("sleeping");
    assert_eq!(fixture.stop(), Some(1));
    client.closed();
    let ended = fixture.wait_for("ended with requests open, after DRAIN_TIMEOUT");
    assert_eq!(ended["level"], "error");
    let line = fixture.request_line();
    assert_eq!(
        (&line["route"], &line["answered"]),
        (&"/sleep/{ms}".into(), &false.into())
    );
}

#[test]
fn signal_during_start_exits() {
    let mut child = command(&[("START", "hang")])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    assert!(line.contains("starting"), "{line}");
    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(143));
}

#[test]
fn handlers_learn_of_a_shutdown() {
    let mut fixture = Fixture::start(&[("DRAIN_TIMEOUT", NEVER), ("REQUEST_TIMEOUT", NEVER)]);
    let mut client = fixture.connect();
    client.request("GET", "/until-shutdown", &[], None);
    fixture.wait_for("streaming");
    fixture.signal(Signal::TERM);
    assert_eq!(client.answer().body, "shut down");
    assert_eq!(fixture.ended().code(), Some(0));
}

#[test]
fn tasks_end_after_the_last_request() {
    let mut fixture = Fixture::start(&[("DRAIN_TIMEOUT", NEVER), ("TASK", "wait")]);
    let mut client = fixture.connect();
    client.request("GET", "/sleep/500", &[], None);
    fixture.wait_for("sleeping");
    fixture.signal(Signal::TERM);
    assert_eq!(client.answer().status, 200);
    assert_eq!(fixture.ended().code(), Some(0));
    let log = fixture.rest_of_log();
    let position = |part: &str| log.iter().position(|line| line.contains(part)).unwrap();
    assert!(
        position("\"route\":\"/sleep/{ms}\"") < position("task ended"),
        "{log:?}"
    );
    assert!(
        position("task ended") < position("\"message\":\"ended\""),
        "{log:?}"
    );
}

#[test]
fn hanging_tasks_are_reported() {
    let mut fixture = Fixture::start(&[("DRAIN_TIMEOUT", "200ms"), ("TASK", "hang")]);
    assert_eq!(fixture.stop(), Some(1));
    fixture.wait_for("ended with background tasks running, after DRAIN_TIMEOUT");
}

#[test]
fn failed_tasks_end_the_service() {
    for (task, error) in [("fail", "no more work"), ("panic", "panicked")] {
        let mut fixture = Fixture::start(&[("TASK", task)]);
        let line = fixture.wait_for("background task failed");
        assert_eq!((&line["task"], &line["error"]), (&"worker".into(), &error.into()));
        assert_eq!(fixture.ended().code(), Some(1));
    }
}
