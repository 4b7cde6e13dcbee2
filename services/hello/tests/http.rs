//! The program, over a socket.

#![allow(
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    missing_docs
)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Command, Stdio};

use rustix::process::{kill_process, Pid, Signal};
use serde_json::Value;

/// Absolute with cargo; relative to the runfiles, a test's working directory, with Bazel.
const BINARY: &str = env!("CARGO_BIN_EXE_hello");

#[test]
fn serves_and_exits_on_sigterm() {
    let mut child = Command::new(BINARY)
        .envs([
            ("HOST", "127.0.0.1"),
            ("PORT", "0"),
            ("OPS_PORT", "0"),
            ("DRAIN_GRACE", "0s"),
        ])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut events = lines.map(|line| serde_json::from_str::<Value>(&line.unwrap()).unwrap());
    let listening = events.find(|event| event["message"] == "listening").unwrap();
    let address: SocketAddr = listening["address"].as_str().unwrap().parse().unwrap();

    let mut stream = TcpStream::connect(address).unwrap();
    write!(
        stream,
        "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    )
    .unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).unwrap();
    assert!(response.starts_with("HTTP/1.1 200 OK\r\n"), "{response}");
    assert!(response.ends_with("\r\n\r\nHello World"), "{response}");

    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
}
