//! Tests the binary: it listens and shuts down on SIGTERM. The image's boot test calls its health check.

#![allow(clippy::disallowed_methods, clippy::unwrap_used, missing_docs)]

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use rustix::process::{kill_process, Pid, Signal};

/// An absolute path under cargo; relative to the runfiles, the test's working directory, under Bazel.
const BINARY: &str = env!("CARGO_BIN_EXE_{{name}}");

#[test]
fn listens_and_shuts_down() {
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
    let mut line = String::new();
    let mut log = BufReader::new(child.stdout.take().unwrap());
    log.read_line(&mut line).unwrap();
    assert!(line.contains("\"listening\""), "{line}");

    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
}
