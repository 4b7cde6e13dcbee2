//! Requests that no good client sends, each over a connection of its own to a real process: every one ends in an
//! answer or a closed connection, and the service lives on.

#![forbid(unsafe_code)]
#![allow(
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    clippy::panic,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    missing_docs
)]

#[path = "malformed/http1.rs"]
mod http1;
#[path = "malformed/http2.rs"]
mod http2;
#[path = "malformed/mutants.rs"]
mod mutants;

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use http1::{chunks, headers, request_lines, sizes, smuggling};
use http2::http2;
use mutants::mutants;

const BINARY: &str = env!("CARGO_BIN_EXE_fixture");

/// Far above the time-outs that the service gets, far below their defaults.
const DEADLINE: Duration = Duration::from_secs(8);
const CONNECTIONS: usize = 16;

struct Server {
    child: Child,
    addr: String,
}

impl Server {
    fn start() -> Self {
        let mut child = Command::new(BINARY)
            .envs([("HOST", "127.0.0.1"), ("PORT", "0"), ("OPS_PORT", "0")])
            .envs([("LOG_FORMAT", "json"), ("LOG_LEVEL", "info")])
            .envs([("HEADER_READ_TIMEOUT", "300ms"), ("KEEP_ALIVE_TIMEOUT", "300ms")])
            .envs([("REQUEST_TIMEOUT", "500ms"), ("MAX_BODY_BYTES", "65536")])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let line = lines.next().unwrap().unwrap();
        assert!(line.contains("\"listening\""), "{line}");
        let (_, rest) = line.split_once("\"address\":\"").unwrap();
        let addr = rest.split('"').next().unwrap().to_owned();
        // Its log must never fill the pipe.
        thread::spawn(move || lines.for_each(drop));
        Self { child, addr }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expect {
    /// It ends, however.
    End,
    /// Answered with an error, or closed without an answer.
    Refused,
    /// Answered so, once, and closed.
    Status(u16),
}
use Expect::{End, Refused, Status};

struct Case {
    name: String,
    bytes: Vec<u8>,
    expect: Expect,
}

#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    Ended(Vec<u8>),
    Hanging,
}

/// Sends the case and leaves its own side open, so that it is the server that has to end it.
fn send(addr: &str, bytes: &[u8], deadline: Duration) -> Outcome {
    let start = Instant::now();
    let mut stream = TcpStream::connect(addr).unwrap();
    stream.set_write_timeout(Some(deadline)).unwrap();
    // A server may close before it has read everything.
    let _ = stream.write_all(bytes);
    let (mut received, mut buffer) = (Vec::new(), [0; 4096]);
    loop {
        let Some(left) = deadline
            .checked_sub(start.elapsed())
            .filter(|left| !left.is_zero())
        else {
            return Outcome::Hanging;
        };
        stream.set_read_timeout(Some(left)).unwrap();
        match stream.read(&mut buffer) {
            Ok(0) => return Outcome::Ended(received),
            Ok(count) => received.extend_from_slice(&buffer[..count]),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            Err(_) => return Outcome::Ended(received),
        }
    }
}

/// The status of each HTTP/1 answer.
fn statuses(received: &[u8]) -> Vec<u16> {
    String::from_utf8_lossy(received)
        .split("HTTP/1.")
        .skip(1)
        .filter_map(|answer| answer.get(2..5)?.parse().ok())
        .collect()
}

/// What is wrong with an outcome.
fn problem(case: &Case, outcome: &Outcome) -> Option<String> {
    let Outcome::Ended(received) = outcome else {
        return Some(format!("{}: the connection hangs", case.name));
    };
    let found = statuses(received);
    let good = match case.expect {
        End => true,
        Refused => found.iter().all(|status| *status >= 400),
        Status(status) => found == [status],
    };
    (!good).then(|| format!("{}: expected {:?}, found {found:?}", case.name, case.expect))
}

fn good_request(addr: &str) -> String {
    let request = b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    match send(addr, request, DEADLINE) {
        Outcome::Ended(received) => String::from_utf8_lossy(&received).into_owned(),
        Outcome::Hanging => panic!("a good request hangs"),
    }
}

fn named(cases: Vec<(String, Vec<u8>, Expect)>) -> Vec<Case> {
    cases
        .into_iter()
        .map(|(name, bytes, expect)| Case { name, bytes, expect })
        .collect()
}

fn own_cases() -> Vec<Case> {
    named(
        [
            request_lines(),
            headers(),
            smuggling(),
            chunks(),
            sizes(),
            http2(),
        ]
        .concat(),
    )
}

/// Sends all cases, some at a time; what is wrong, and how long the slowest took.
fn examine(addr: &str, cases: &[Case]) -> (Vec<String>, Duration) {
    let next = AtomicUsize::new(0);
    let found = Mutex::new((Vec::new(), Duration::ZERO));
    thread::scope(|scope| {
        for _ in 0..CONNECTIONS {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let start = Instant::now();
                    let outcome = send(addr, &case.bytes, DEADLINE);
                    let mut found = found.lock().unwrap();
                    found.1 = found.1.max(start.elapsed());
                    found.0.extend(problem(case, &outcome));
                }
            });
        }
    });
    found.into_inner().unwrap()
}

#[test]
fn malformed_requests_end() {
    let (own, mutants) = (own_cases(), named(mutants()));
    let count = own.len() + mutants.len();
    assert!(
        own.len() >= 120 && count >= 300,
        "{} own cases, {count} in all",
        own.len()
    );

    let mut server = Server::start();
    let mut problems = Vec::new();
    let mut slowest = Duration::ZERO;
    for cases in [own, mutants] {
        let (found, took) = examine(&server.addr, &cases);
        problems.extend(found);
        slowest = slowest.max(took);
        assert_eq!(server.child.try_wait().unwrap(), None, "the service ended");
        let answer = good_request(&server.addr);
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    }
    println!(
        "{count} requests; the slowest ended after {} ms",
        slowest.as_millis()
    );
    assert!(
        problems.is_empty(),
        "{} of {count}:\n{}",
        problems.len(),
        problems.join("\n")
    );
}

#[test]
fn hanging_server_is_detected() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = listener.local_addr().unwrap().to_string();
    let held = thread::spawn(move || listener.accept().unwrap());
    let outcome = send(&addr, b"GET / HTTP/1.1\r\n\r\n", Duration::from_millis(200));
    assert_eq!(outcome, Outcome::Hanging);
    let case = &own_cases()[0];
    assert!(problem(case, &outcome).unwrap().ends_with("hangs"));
    drop(held.join().unwrap());
}

#[test]
fn unexpected_answer_is_detected() {
    let case = |expect| Case {
        name: "case".to_owned(),
        bytes: Vec::new(),
        expect,
    };
    let ended = |text: &str| Outcome::Ended(text.as_bytes().to_vec());
    let ok = ended("HTTP/1.1 200 OK\r\n\r\n");
    let twice = ended("HTTP/1.1 400 Bad Request\r\n\r\nHTTP/1.1 400 Bad Request\r\n\r\n");
    assert!(problem(&case(Refused), &ok).is_some());
    assert!(problem(&case(Status(400)), &ok).is_some());
    assert!(problem(&case(Status(400)), &twice).is_some());
    assert!(problem(&case(Status(400)), &ended("")).is_some());
    assert!(problem(&case(Refused), &ended("")).is_none());
    assert!(problem(&case(End), &ok).is_none());
}
