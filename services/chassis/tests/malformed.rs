//! Malformed requests, each on a separate connection: the service responds or closes the connection, and keeps running.

#![forbid(unsafe_code)]
#![allow(
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    clippy::panic,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    missing_docs
)]

mod common;
#[path = "malformed/http1.rs"]
mod http1;
#[path = "malformed/http2.rs"]
mod http2;
#[path = "malformed/mutants.rs"]
mod mutants;

use std::net::{SocketAddr, TcpListener};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use common::start;
use http1::{chunks, headers, request_lines, sizes, smuggling};
use http2::http2;
use mutants::mutants;
use test_support::http1::exchange;

/// Limits of the service, below their defaults.
const LIMITS: [(&str, &str); 4] = [
    ("HEADER_READ_TIMEOUT", "300ms"),
    ("KEEP_ALIVE_TIMEOUT", "300ms"),
    ("REQUEST_TIMEOUT", "500ms"),
    ("MAX_BODY_BYTES", "65536"),
];

/// Longer than [`LIMITS`], shorter than the defaults.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(8);

const CONNECTIONS: usize = 16;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expect {
    /// The service closes the connection.
    Closed,
    /// As `Closed`, and each response has an error status.
    Rejected,
    /// As `Closed`, after one response with this status.
    Status(u16),
}
use Expect::{Closed, Rejected, Status};

struct Case {
    name: String,
    bytes: Vec<u8>,
    expect: Expect,
}

/// The received bytes, or `None` if the server did not close the connection.
type Outcome = Option<Vec<u8>>;

/// The status of each HTTP/1 response.
fn statuses(received: &[u8]) -> Vec<u16> {
    String::from_utf8_lossy(received)
        .split("HTTP/1.")
        .skip(1)
        .filter_map(|response| response.get(2..5)?.parse().ok())
        .collect()
}

/// Compares an outcome with the expected one; returns an error message.
fn check(case: &Case, outcome: &Outcome) -> Option<String> {
    let Some(received) = outcome else {
        return Some(format!("{}: the connection was not closed", case.name));
    };
    let found = statuses(received);
    let expected = match case.expect {
        Closed => true,
        Rejected => found.iter().all(|status| *status >= 400),
        Status(status) => found == [status],
    };
    (!expected).then(|| format!("{}: expected {:?}, found {found:?}", case.name, case.expect))
}

fn named(cases: Vec<(String, Vec<u8>, Expect)>) -> Vec<Case> {
    cases
        .into_iter()
        .map(|(name, bytes, expect)| Case { name, bytes, expect })
        .collect()
}

fn listed_cases() -> Vec<Case> {
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

/// Sends all cases on concurrent connections; returns the error messages and the longest duration.
fn send_all(address: SocketAddr, cases: &[Case]) -> (Vec<String>, Duration) {
    let next = AtomicUsize::new(0);
    let found = Mutex::new((Vec::new(), Duration::ZERO));
    thread::scope(|scope| {
        for _ in 0..CONNECTIONS {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let start = Instant::now();
                    let outcome = exchange(address, &case.bytes, CLOSE_TIMEOUT);
                    let mut found = found.lock().unwrap();
                    found.1 = found.1.max(start.elapsed());
                    found.0.extend(check(case, &outcome));
                }
            });
        }
    });
    found.into_inner().unwrap()
}

#[test]
fn malformed_requests_do_not_hang() {
    let (listed, mutants) = (listed_cases(), named(mutants()));
    let count = listed.len() + mutants.len();
    assert!(
        listed.len() >= 120 && count >= 300,
        "{} of {count} cases are listed",
        listed.len()
    );

    let mut fixture = start(&LIMITS);
    let mut errors = Vec::new();
    let mut slowest = Duration::ZERO;
    for cases in [listed, mutants] {
        let (found, duration) = send_all(fixture.address(), &cases);
        errors.extend(found);
        slowest = slowest.max(duration);
        assert!(fixture.is_running(), "the service exited");
        assert_eq!(fixture.get("/").status, 200);
    }
    println!("{count} requests, slowest {} ms", slowest.as_millis());
    assert!(
        errors.is_empty(),
        "{} of {count}:\n{}",
        errors.len(),
        errors.join("\n")
    );
}

#[test]
fn hanging_server_is_detected() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let accepted = thread::spawn(move || listener.accept().unwrap());
    let outcome = exchange(address, b"GET / HTTP/1.1\r\n\r\n", Duration::from_millis(200));
    let error = check(&listed_cases()[0], &outcome).unwrap();
    assert!(error.ends_with("was not closed"), "{error}");
    drop(accepted.join().unwrap());
}

#[test]
fn unexpected_status_is_detected() {
    let case = |expect| Case {
        name: "case".to_owned(),
        bytes: Vec::new(),
        expect,
    };
    let received = |text: &str| Some(text.as_bytes().to_vec());
    let ok = received("HTTP/1.1 200 OK\r\n\r\n");
    let twice = received("HTTP/1.1 400 Bad Request\r\n\r\nHTTP/1.1 400 Bad Request\r\n\r\n");
    assert!(check(&case(Rejected), &ok).is_some());
    assert!(check(&case(Status(400)), &ok).is_some());
    assert!(check(&case(Status(400)), &twice).is_some());
    assert!(check(&case(Status(400)), &received("")).is_some());
    assert!(check(&case(Rejected), &received("")).is_none());
    assert!(check(&case(Closed), &ok).is_none());
}
