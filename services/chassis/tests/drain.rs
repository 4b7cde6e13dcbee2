//! Draining and shutdown.

#![allow(
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    missing_docs
)]

mod common;

use std::io::{self, Write};
use std::net::TcpListener;
use std::os::fd::AsRawFd;
use std::process::{self, Command};

use common::{command, start, PROGRAM};
use test_support::{set_environment, Program, Signal};

/// Longer than any test.
const NEVER: &str = "60m";

#[test]
fn serves_during_grace() {
    let fixture = start(&[("DRAIN_GRACE", NEVER)]);
    let mut client = fixture.connect();
    assert_eq!(client.get("/").header("connection"), None);
    fixture.signal(Signal::TERM);
    assert_eq!(fixture.wait_for("draining")["signal"], "SIGTERM");
    assert_eq!(fixture.get_operations("/readyz").assert_problem(503), "draining");
    assert_eq!(fixture.get_operations("/livez").status, 200);
    for client in [&mut client, &mut fixture.connect()] {
        let response = client.get("/");
        assert_eq!(
            (response.status, response.header("connection")),
            (200, Some("close"))
        );
        client.assert_closed();
    }
}

#[test]
fn second_signal_exits_at_once() {
    for (signal, code) in [(Signal::TERM, 143), (Signal::INT, 130)] {
        let mut fixture = start(&[("DRAIN_GRACE", NEVER)]);
        fixture.signal(Signal::TERM);
        fixture.wait_for("draining");
        fixture.signal(signal);
        assert_eq!(fixture.wait().code(), Some(code));
        fixture.wait_for("exiting immediately");
    }
}

#[test]
fn requests_finish_after_grace() {
    let mut fixture = start(&[("DRAIN_TIMEOUT", NEVER)]);
    let mut idle = fixture.connect();
    assert_eq!(idle.get("/").status, 200);
    let mut busy = fixture.connect();
    busy.request("GET", "/sleep/1500", &[], None);
    fixture.wait_for("sleeping");
    fixture.signal(Signal::INT);
    assert_eq!(fixture.wait_for("draining")["signal"], "SIGINT");
    idle.assert_closed();
    fixture.wait_for_closed_port();
    let response = busy.response();
    assert_eq!(
        (response.status, response.header("connection")),
        (200, Some("close"))
    );
    busy.assert_closed();
    fixture.wait_for("stopped");
    assert_eq!(fixture.wait().code(), Some(0));
}

#[test]
fn connections_opened_before_drain_are_served() {
    let mut fixture = start(&[("DRAIN_TIMEOUT", NEVER), ("MAX_CONNECTIONS", "3")]);
    let mut clients = [fixture.connect(), fixture.connect(), fixture.connect()];
    fixture.signal(Signal::TERM);
    fixture.wait_for("draining");
    for client in &mut clients {
        let response = client.get("/");
        assert_eq!(
            (response.status, response.header("connection")),
            (200, Some("close"))
        );
        client.assert_closed();
    }
    assert_eq!(fixture.wait().code(), Some(0));
}

#[test]
fn idle_connections_do_not_delay_shutdown() {
    for timeout in [NEVER, "0s"] {
        let mut fixture = start(&[("DRAIN_TIMEOUT", timeout), ("HEADER_READ_TIMEOUT", NEVER)]);
        let mut silent = fixture.connect();
        let mut half = fixture.connect();
        half.send("GET / HTTP/1.1\r\nhost:");
        let mut second = fixture.connect();
        assert_eq!(second.get("/").status, 200);
        // The response has been sent.
        fixture.request_log();
        second.send("GET /");
        assert_eq!(fixture.terminate(), Some(0), "{timeout}");
        for client in [&mut silent, &mut half, &mut second] {
            client.assert_closed();
        }
    }
}

#[test]
fn stalled_clients_do_not_delay_shutdown() {
    let mut fixture = start(&[("DRAIN_TIMEOUT", NEVER), ("SEND_TIMEOUT", NEVER)]);
    let mut client = fixture.connect();
    client.request("GET", "/big/1000000000", &[], None);
    client.wait_readable();
    assert_eq!(fixture.terminate(), Some(0));
}

#[test]
fn drain_timeout_aborts_requests() {
    let mut fixture = start(&[("DRAIN_TIMEOUT", "200ms")]);
    let mut client = fixture.connect();
    client.request("GET", "/sleep/3600000", &[], None);
    fixture.wait_for("sleeping");
    assert_eq!(fixture.terminate(), Some(1));
    client.assert_closed();
    let ended = fixture.wait_for("requests aborted after DRAIN_TIMEOUT");
    assert_eq!(ended["level"], "error");
    let line = fixture.request_log();
    assert_eq!(
        (&line["route"], &line["status"], &line["complete"]),
        (&"/sleep/{ms}".into(), &503.into(), &false.into())
    );
}

#[test]
fn signal_during_start_exits() {
    for start in ["hang", "block"] {
        for (signal, code) in [(Signal::TERM, 143), (Signal::INT, 130)] {
            let mut fixture = Program::spawn(&mut command(&[("START", start)]));
            fixture.wait_for("starting");
            fixture.signal(signal);
            assert_eq!(fixture.wait().code(), Some(code), "{start}");
            fixture.wait_for("exiting during the start");
        }
    }
}

#[test]
fn blocked_signals_are_unblocked() {
    let mut command = Command::new("env");
    command.args(["--block-signal=TERM", "--block-signal=INT", PROGRAM]);
    for (signal, code) in [(Signal::TERM, 143), (Signal::INT, 130)] {
        let mut fixture = Program::spawn(set_environment(&mut command, &[("START", "block")]));
        fixture.wait_for("starting");
        fixture.signal(signal);
        assert_eq!(fixture.wait().code(), Some(code));
    }
}

#[test]
fn signals_are_received_after_variables() {
    let (secret, mut writer) = io::pipe().unwrap();
    let path = format!("/proc/{}/fd/{}", process::id(), secret.as_raw_fd());
    let mut fixture = Program::spawn(&mut command(&[("TOKEN_FILE", &path), ("START", "hang")]));
    fixture.wait_for_handler();
    fixture.signal(Signal::TERM);
    writer.write_all(b"secret").unwrap();
    drop(writer);
    fixture.wait_for("exiting during the start");
    assert_eq!(fixture.wait().code(), Some(143));
}

#[test]
fn handlers_observe_shutdown() {
    let mut fixture = start(&[("DRAIN_TIMEOUT", NEVER), ("REQUEST_TIMEOUT", NEVER)]);
    let mut client = fixture.connect();
    client.request("GET", "/until-shutdown", &[], None);
    fixture.wait_for("streaming");
    fixture.signal(Signal::TERM);
    assert_eq!(client.response().body, "shut down");
    assert_eq!(fixture.wait().code(), Some(0));
}

#[test]
fn tasks_stop_after_last_request() {
    let mut fixture = start(&[("DRAIN_TIMEOUT", NEVER), ("TASK", "wait")]);
    let mut client = fixture.connect();
    client.request("GET", "/sleep/500", &[], None);
    fixture.wait_for("sleeping");
    fixture.signal(Signal::TERM);
    assert_eq!(client.response().status, 200);
    assert_eq!(fixture.wait().code(), Some(0));
    let log = fixture.remaining_log();
    let position = |part: &str| log.iter().position(|line| line.contains(part)).unwrap();
    assert!(
        position("\"route\":\"/sleep/{ms}\"") < position("task completed"),
        "{log:?}"
    );
    assert!(
        position("task completed") < position("\"message\":\"stopped\""),
        "{log:?}"
    );
}

#[test]
fn resources_are_released_before_exit() {
    let mut fixture = start(&[]);
    assert_eq!(fixture.get_operations("/readyz").status, 200);
    assert_eq!(fixture.terminate(), Some(0));
    fixture.wait_for("database closed");
}

#[test]
fn hanging_tasks_are_reported() {
    let mut fixture = start(&[("DRAIN_TIMEOUT", "200ms"), ("TASK", "hang")]);
    assert_eq!(fixture.terminate(), Some(1));
    fixture.wait_for("background tasks aborted after DRAIN_TIMEOUT");
}

#[test]
fn blocked_main_threads_are_aborted() {
    let mut fixture = start(&[("DRAIN_TIMEOUT", "200ms"), ("TASK", "block")]);
    assert_eq!(fixture.terminate(), Some(1));
    fixture.wait_for("main thread blocked after DRAIN_TIMEOUT");
}

#[test]
fn blocked_exits_after_failures_are_aborted() {
    let occupied = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = occupied.local_addr().unwrap().port().to_string();
    let failures = [("TASK", "fail"), ("START", "fail"), ("PORT", &*port)];
    let fixtures = failures.map(|failure| {
        let variables = [("DRAIN_TIMEOUT", "0s"), ("RELEASE", "block"), failure];
        Program::spawn(&mut command(&variables))
    });
    for mut fixture in fixtures {
        fixture.wait_for("database closed");
        fixture.wait_for("main thread blocked after DRAIN_TIMEOUT");
        assert_eq!(fixture.wait().code(), Some(1));
    }
}

#[test]
fn first_signal_continues_drain_of_failed_task() {
    let mut fixture = start(&[("DRAIN_GRACE", NEVER), ("TASK", "fail")]);
    fixture.wait_for("draining because a background task failed");
    fixture.signal(Signal::TERM);
    fixture.wait_for("draining");
    assert_eq!(fixture.get("/").status, 200);
    fixture.signal(Signal::INT);
    fixture.wait_for("exiting immediately");
    assert_eq!(fixture.wait().code(), Some(130));
}

#[test]
fn failed_tasks_stop_the_service() {
    for (task, error) in [
        ("fail", "no database: connection refused"),
        ("panic", "panicked"),
        ("panic-first", "panicked"),
    ] {
        let mut fixture = start(&[("TASK", task)]);
        let line = fixture.wait_for("background task failed");
        assert_eq!((&line["task"], &line["error"]), (&"worker".into(), &error.into()));
        assert_eq!(fixture.wait().code(), Some(1));
    }
}
