//! The built binary, over a real socket.

#![allow(clippy::panic, clippy::unwrap_used, missing_docs)]

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::ffi::OsStrExt;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use rustix::process::{kill_process, Pid, Signal};

/// Absolute with cargo; relative to the runfiles, a test's working directory, with Bazel.
const BINARY: &str = env!("CARGO_BIN_EXE_hello");

struct Server {
    child: Child,
    addr: String,
}

impl Server {
    fn start() -> Self {
        let mut child = Command::new(BINARY)
            .env("PORT", "0")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap())
            .read_line(&mut line)
            .unwrap();
        let port = line.trim_end().strip_prefix("listening on http://0.0.0.0:");
        let addr = format!(
            "127.0.0.1:{}",
            port.unwrap_or_else(|| panic!("unexpected line {line:?}"))
        );
        Self { child, addr }
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(&self.addr).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        stream
    }

    fn get(&self, path: &str) -> String {
        let mut stream = self.connect();
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        )
        .unwrap();
        let mut response = String::new();
        stream.read_to_string(&mut response).unwrap();
        response
    }

    fn stop(&mut self, signal: Signal) -> Option<i32> {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
        self.child.wait().unwrap().code()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn run_with_port(port: &OsStr) -> Output {
    Command::new(BINARY).env("PORT", port).output().unwrap()
}

#[test]
fn answers_over_a_socket() {
    let server = Server::start();
    let response = server.get("/");
    assert!(response.starts_with("HTTP/1.1 200 OK\r\n"), "{response}");
    assert!(response.ends_with("\r\n\r\nHello World"), "{response}");
    assert!(server.get("/nothing").starts_with("HTTP/1.1 404 Not Found\r\n"));
}

#[test]
fn sigterm_and_sigint_end_it_cleanly() {
    for signal in [Signal::TERM, Signal::INT] {
        assert_eq!(Server::start().stop(signal), Some(0), "{signal:?}");
    }
}

#[test]
fn an_idle_connection_does_not_hold_up_the_end() {
    let mut server = Server::start();
    let mut idle = server.connect();
    write!(idle, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    idle.read_exact(&mut [0]).unwrap();
    assert_eq!(server.stop(Signal::TERM), Some(0));
}

#[test]
fn a_bad_port_exits_64_and_says_why() {
    for port in [&b""[..], b"http", b"-1", b"65536", b"80\xff"] {
        let output = run_with_port(OsStr::from_bytes(port));
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(64), "{stderr}");
        let value = format!("PORT is {:?}", OsStr::from_bytes(port));
        assert!(
            stderr.contains(&value) && stderr.contains("0 to 65535"),
            "{stderr}"
        );
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn a_port_in_use_exits_1_and_names_the_address() {
    let taken = TcpListener::bind("0.0.0.0:0").unwrap();
    let addr = taken.local_addr().unwrap();
    let output = run_with_port(OsStr::new(&addr.port().to_string()));
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(
        stderr.starts_with(&format!("hello: cannot listen on {addr}: ")),
        "{stderr}"
    );
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
}
