//! The built program, over real sockets.

#![allow(clippy::panic, clippy::unwrap_used, missing_docs)]

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::ffi::OsStrExt;
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::time::Duration;

use rustix::process::{kill_process, Pid, Signal};

/// Absolute with cargo; relative to the runfiles, a test's working directory, with Bazel.
const BINARY: &str = env!("CARGO_BIN_EXE_hello");

/// Two ports that the system chooses, on loopback.
fn hello() -> Command {
    let mut command = Command::new(BINARY);
    command.env_clear().envs([
        ("HOST", "127.0.0.1"),
        ("PORT", "0"),
        ("OPS_PORT", "0"),
        ("DRAIN_GRACE", "0s"),
    ]);
    command
}

struct Server {
    child: Child,
    lines: BufReader<ChildStdout>,
    address: String,
    operations: String,
}

impl Server {
    fn start(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap());
        let mut server = Self {
            child,
            lines,
            address: String::new(),
            operations: String::new(),
        };
        let line = server.line("listening");
        server.address = member(&line, "address");
        server.operations = member(&line, "operations");
        server
    }

    /// The next log line with this message.
    fn line(&mut self, message: &str) -> String {
        loop {
            let mut line = String::new();
            let length = self.lines.read_line(&mut line).unwrap();
            assert!(length > 0, "the log ended before {message:?}");
            if line.contains(&format!("\"message\":\"{message}\"")) {
                return line;
            }
        }
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    fn stop(&mut self, signal: Signal) -> Option<i32> {
        self.signal(signal);
        self.child.wait().unwrap().code()
    }

    fn healthcheck(&self) -> Output {
        let port = self.operations.rsplit(':').next().unwrap();
        hello().env("OPS_PORT", port).arg("healthcheck").output().unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A string of a log line that has no escapes.
fn member(line: &str, name: &str) -> String {
    line.split_once(&format!("\"{name}\":\""))
        .and_then(|(_, rest)| rest.split_once('"'))
        .unwrap_or_else(|| panic!("no {name:?} in {line:?}"))
        .0
        .to_owned()
}

fn connect(address: &str) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    stream
}

fn get(address: &str, path: &str) -> String {
    let mut stream = connect(address);
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    )
    .unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).unwrap();
    response
}

#[test]
fn answers_over_a_socket() {
    let server = Server::start(&mut hello());
    let response = get(&server.address, "/");
    assert!(response.starts_with("HTTP/1.1 200 OK\r\n"), "{response}");
    assert!(response.ends_with("\r\n\r\nHello World"), "{response}");
    let missing = get(&server.address, "/nothing");
    assert!(missing.starts_with("HTTP/1.1 404 Not Found\r\n"), "{missing}");
    assert!(missing.contains("application/problem+json"), "{missing}");
}

#[test]
fn answers_operations_on_the_other_port() {
    let server = Server::start(&mut hello());
    for path in ["/livez", "/readyz", "/metrics", "/version"] {
        let response = get(&server.operations, path);
        assert!(response.starts_with("HTTP/1.1 200 OK\r\n"), "{path}: {response}");
        let outside = get(&server.address, path);
        assert!(outside.starts_with("HTTP/1.1 404 "), "{path}: {outside}");
    }
}

#[test]
fn sigterm_and_sigint_end_it_cleanly() {
    for signal in [Signal::TERM, Signal::INT] {
        assert_eq!(Server::start(&mut hello()).stop(signal), Some(0), "{signal:?}");
    }
}

#[test]
fn an_idle_connection_does_not_hold_up_the_end() {
    let mut server = Server::start(&mut hello());
    let mut idle = connect(&server.address);
    write!(idle, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    idle.read_exact(&mut [0]).unwrap();
    assert_eq!(server.stop(Signal::TERM), Some(0));
}

#[test]
fn in_the_grace_period_it_serves_but_is_not_ready_and_a_second_signal_ends_it() {
    let mut server = Server::start(hello().env("DRAIN_GRACE", "1m"));
    assert!(server.healthcheck().status.success());
    server.signal(Signal::TERM);
    server.line("draining");

    let ready = get(&server.operations, "/readyz");
    assert!(ready.starts_with("HTTP/1.1 503 "), "{ready}");
    let live = get(&server.operations, "/livez");
    assert!(live.starts_with("HTTP/1.1 200 "), "{live}");
    let checked = server.healthcheck();
    assert_eq!(checked.status.code(), Some(1), "{checked:?}");

    let mut stream = connect(&server.address);
    write!(stream, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    let mut response = String::new();
    // Ends, though the request did not ask for that.
    stream.read_to_string(&mut response).unwrap();
    assert!(response.starts_with("HTTP/1.1 200 OK\r\n"), "{response}");
    assert!(response.contains("\r\nconnection: close\r\n"), "{response}");

    assert_eq!(server.stop(Signal::INT), Some(130));
}

#[test]
fn a_health_check_of_nobody_exits_1_and_says_why() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let output = hello()
        .env("OPS_PORT", free.port().to_string())
        .arg("healthcheck")
        .output()
        .unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(stderr.contains(&free.to_string()), "{stderr}");
}

#[test]
fn all_bad_variables_are_told_at_once_with_64() {
    let bad = OsStr::from_bytes(b"80\xff");
    let output = hello()
        .env("PORT", bad)
        .env("MAX_REQUESTS", "0")
        .env("REQUEST_TIMEOUT", "fast")
        .output()
        .unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(64), "{stderr}");
    assert!(output.stdout.is_empty());
    for start in [
        format!("hello: PORT is {bad:?}: allowed is "),
        "hello: MAX_REQUESTS is \"0\": allowed is ".to_owned(),
        "hello: REQUEST_TIMEOUT is \"fast\": allowed is ".to_owned(),
    ] {
        assert!(
            stderr.lines().any(|line| line.starts_with(&start)),
            "{start} in {stderr}"
        );
    }
    assert_eq!(stderr.lines().count(), 3, "{stderr}");
}

#[test]
fn help_lists_each_variable_with_its_default() {
    let output = Command::new(BINARY).arg("--help").output().unwrap();
    let help = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0));
    for (name, default) in [
        ("PORT", "8888"),
        ("OPS_PORT", "9090"),
        ("MAX_BODY_BYTES", "1048576"),
    ] {
        let listed = |line: &str| line.split_whitespace().take(2).eq([name, default]);
        assert!(help.lines().any(listed), "{name} in {help}");
    }
}

#[test]
fn a_port_in_use_exits_1_and_names_the_address() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let output = hello().env("PORT", address.port().to_string()).output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    let start = format!("hello: cannot listen on {address}: ");
    assert!(stderr.starts_with(&start), "{stderr}");
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
}
