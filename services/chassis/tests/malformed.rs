//! Requests that no good client sends, each over a connection of its own to a real process: every one ends in an
//! answer or a closed connection, and the service lives on.

#![forbid(unsafe_code)]
#![allow(clippy::panic, clippy::unwrap_used, clippy::indexing_slicing, missing_docs)]

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

const BINARY: &str = env!("CARGO_BIN_EXE_fixture");

/// Far above the time-outs that the service gets, far below their defaults.
const DEADLINE: Duration = Duration::from_secs(8);
const CONNECTIONS: usize = 16;
const MUTANTS: usize = 240;

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

const HOST: &str = "Host: localhost\r\n";

/// Cases of a request line alone.
fn request_lines() -> Vec<(String, Vec<u8>, Expect)> {
    let bad: &[&[u8]] = &[
        b"GET",
        b"GET /",
        b"GET  / HTTP/1.1",
        b"GET /  HTTP/1.1",
        b" GET / HTTP/1.1",
        b"\tGET / HTTP/1.1",
        b"GET / HTTP/1.1 ",
        b"GET / HTTP/1.1 x",
        b"GET / / HTTP/1.1",
        b"GET\t/\tHTTP/1.1",
        b"/ HTTP/1.1",
        b"GET HTTP/1.1",
        b"G@T / HTTP/1.1",
        b"G(T / HTTP/1.1",
        b"G\x00T / HTTP/1.1",
        b"G\x7fT / HTTP/1.1",
        b"G\xffT / HTTP/1.1",
        b"G\"T / HTTP/1.1",
        b"G,T / HTTP/1.1",
        b"G:T / HTTP/1.1",
        b"G=T / HTTP/1.1",
        b"{} / HTTP/1.1",
        b"GET / HTTP/1.2",
        b"GET / HTTP/1.10",
        b"GET / HTTP/2.0",
        b"GET / HTTP/2",
        b"GET / HTTP/3",
        b"GET / HTTP/9.9",
        b"GET / HTTP/0.9",
        b"GET / HTTP/1",
        b"GET / HTTP/1.",
        b"GET / HTTP/.1",
        b"GET / HTTP/-1.1",
        b"GET / HTTP/1.1.1",
        b"GET / HTTP/11",
        b"GET / HTTP 1.1",
        b"GET / http/1.1",
        b"GET / HTPP/1.1",
        b"GET / HTTP/a.b",
        b"GET / HTTP/\x00.1",
        b"GET /\x00 HTTP/1.1",
        b"GET /\x01 HTTP/1.1",
        b"GET /\x7f HTTP/1.1",
        b"GET / a HTTP/1.1",
        b"GET /\xc3\x28 HTTP/1.1",
        b"GET nothing HTTP/1.1",
        b"GET //a:b:c HTTP/1.1",
        b"GET http:// HTTP/1.1",
        b"GET http://[::1 HTTP/1.1",
        b"CONNECT / HTTP/1.1",
        b"CONNECT localhost HTTP/1.1",
        b"CONNECT a:b HTTP/1.1",
        b"OPTIONS ** HTTP/1.1",
        b"GET * HTTP/1.1",
    ];
    // Odd, but what a server may take; or what it need only survive.
    let odd: &[&[u8]] = &[
        b"GET /\xff HTTP/1.1",
        b"GET /%zz HTTP/1.1",
        b"GET /% HTTP/1.1",
        b"GET /%00 HTTP/1.1",
        b"GET /../../etc/passwd HTTP/1.1",
        b"GET /?\" HTTP/1.1",
        b"GET /<> HTTP/1.1",
        b"GET /\\ HTTP/1.1",
        b"GET /{}|^` HTTP/1.1",
        b"GET /#a HTTP/1.1",
        b"GET ?a HTTP/1.1",
        b"GET http://elsewhere/ HTTP/1.1",
        b"GET ftp://a/ HTTP/1.1",
        b"GET http://a:99999999/ HTTP/1.1",
        b"GET ://a/ HTTP/1.1",
        b"GET http://u:p@a/ HTTP/1.1",
        b"OPTIONS * HTTP/1.1",
        b"CONNECT localhost:1 HTTP/1.1",
        b"get / HTTP/1.1",
        b"BREW / HTTP/1.1",
        b"TRACE / HTTP/1.1",
        b"QUERY / HTTP/1.1",
        b"PRI * HTTP/1.1",
        b"M-SEARCH * HTTP/1.1",
        b"GET / HTTP/1.0",
        b"!#$%&'*+-.^_`|~ / HTTP/1.1",
    ];
    let case = |line: &[u8], expect| {
        let name = format!("request line {:?}", String::from_utf8_lossy(line));
        (name, [line, b"\r\n", HOST.as_bytes(), b"\r\n"].concat(), expect)
    };
    let bad = bad.iter().map(|line| case(line, Refused));
    bad.chain(odd.iter().map(|line| case(line, End))).collect()
}

/// Cases of one header line in a GET.
fn headers() -> Vec<(String, Vec<u8>, Expect)> {
    let bad: &[&[u8]] = &[
        b"nothing",
        b": value",
        b" : value",
        b"Na me: value",
        b"Name : value",
        b"Name\t: value",
        b"N\x00me: value",
        b"N\x7fme: value",
        b"N(me: value",
        b"N\xffme: value",
        b"N\"me: value",
        b"N[me: value",
        b"N{me: value",
        b"Name: a\x00b",
        b"Name: a\x01b",
        b"Name: a\x7fb",
        b"Name: a\rb",
        b"Name: a\x0bb",
        b"Name: a\x0cb",
        b"Name: a\r\n folded",
        b"Name: a\r\n\tfolded",
        b"Content-Length: -1",
        b"Content-Length: +1",
        b"Content-Length: 1 1",
        b"Content-Length: 0x1",
        b"Content-Length: a",
        b"Content-Length: 1a",
        b"Content-Length: ",
        b"Content-Length: 1,2",
        b"Content-Length: 1.0",
        b"Content-Length: 18446744073709551616",
        b"Content-Length: 99999999999999999999999999",
        b"Content-Length: \"1\"",
        b"Content-Length: 1\r\nContent-Length: 2",
        b"Content-Length: 0\r\nContent-Length: 5",
    ];
    let odd: &[&[u8]] = &[
        b"Name:",
        b"Name: \xff",
        b"Name: \xc3\xa9",
        b"Expect: 100-continue",
        b"Expect: 200-ok",
        b"Expect: ",
        b"Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABk",
        b"Upgrade: websocket\r\nConnection: Upgrade",
        b"Upgrade: \x80\r\nConnection: Upgrade",
        b"Upgrade: a/b/c/d\r\nConnection: upgrade",
        b"Connection: ,,,,",
        b"Connection: close, keep-alive",
        b"Connection: \x80",
        b"Host: again",
        b"Host: a b",
        b"Host: a/b",
        b"Keep-Alive: timeout=-1",
        b"TE: trailers, chunked",
        b"Trailer: Content-Length",
        b"Range: bytes=9-1",
        b"Accept: ;;;",
        b"Cookie: =;=;=",
        b"Authorization: Basic \xff",
        b"traceparent: 00-zz-zz-01",
        b"Content-Length: 18446744073709551615",
        b"Content-Length: 00000000000000000000000000005",
    ];
    let case = |line: &[u8], expect| {
        let name = format!("header {:?}", String::from_utf8_lossy(line));
        (
            name,
            [b"GET / HTTP/1.1\r\n", HOST.as_bytes(), line, b"\r\n\r\n"].concat(),
            expect,
        )
    };
    let bad = bad.iter().map(|line| case(line, Refused));
    bad.chain(odd.iter().map(|line| case(line, End))).collect()
}

/// Requests that two servers could read differently: a second request hides behind the first.
fn smuggling() -> Vec<(String, Vec<u8>, Expect)> {
    let hidden = "0\r\n\r\nGET /hidden HTTP/1.1\r\nHost: a\r\n\r\n";
    let two_lengths = [
        "Content-Length: 4\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nContent-Length: 4",
        "Content-Length: 0\r\nTransfer-Encoding: chunked",
    ]
    // Read by Transfer-Encoding alone, and the connection closed: RFC 9112, section 6.3. The route takes no POST.
    .map(|header| (header, 405));
    let refused = [
        "Content-Length: 4\r\nContent-Length: 5",
        "Content-Length: 4, 5",
        "Content-Length: 4\r\nTransfer-Encoding: identity",
        "Transfer-Encoding: identity",
        "Transfer-Encoding: xchunked",
        "Transfer-Encoding: chunked, identity",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
        "Transfer-Encoding: gzip",
        "Transfer-Encoding: ",
        "Transfer-Encoding : chunked",
        "Transfer-Encoding: \x0bchunked",
        "X: y\r\n Transfer-Encoding: chunked",
    ]
    .map(|header| (header, 400));
    two_lengths
        .into_iter()
        .chain(refused)
        .map(|(header, status)| {
            let bytes = format!("POST / HTTP/1.1\r\n{HOST}{header}\r\n\r\n{hidden}").into_bytes();
            (format!("smuggling {header:?}"), bytes, Status(status))
        })
        .chain([(
            "smuggling by HTTP/1.0 and chunks".to_owned(),
            format!("POST / HTTP/1.0\r\n{HOST}Transfer-Encoding: chunked\r\n\r\n{hidden}").into_bytes(),
            Status(400),
        )])
        .collect()
}

/// Bodies in broken chunks. A route that takes no body need not read them.
fn chunks() -> Vec<(String, Vec<u8>, Expect)> {
    [
        "g\r\nabc\r\n0\r\n\r\n",
        "-1\r\nabc\r\n0\r\n\r\n",
        "+3\r\nabc\r\n0\r\n\r\n",
        "0x3\r\nabc\r\n0\r\n\r\n",
        " 3\r\nabc\r\n0\r\n\r\n",
        "3 \r\nabc\r\n0\r\n\r\n",
        "\r\nabc\r\n0\r\n\r\n",
        "3\nabc\n0\n\n",
        "3\r\nabcd\r\n0\r\n\r\n",
        "3\r\nab\r\n0\r\n\r\n",
        "3\r\nabc0\r\n\r\n",
        "ffffffffffffffff\r\nabc",
        "10000000000000000\r\nabc",
        "fffffffffffffffff\r\nabc",
        "3;\r\nabc\r\n0\r\n\r\n",
        "3;a=\"b\r\nabc\r\n0\r\n\r\n",
        "3;\x00\r\nabc\r\n0\r\n\r\n",
        "0\r\nName\r\n\r\n",
        "0\r\n: value\r\n\r\n",
        "0\r\nContent-Length: 3\r\n\r\n",
        "0\r\nN\x00me: a\r\n\r\n",
        "0\r\n",
        "3\r\nabc",
        "3",
        "",
    ]
    .into_iter()
    .map(|body| {
        let head = format!("POST / HTTP/1.1\r\n{HOST}Transfer-Encoding: chunked\r\n\r\n");
        (
            format!("chunks {body:?}"),
            [head.as_bytes(), body.as_bytes()].concat(),
            End,
        )
    })
    .collect()
}

/// More than any limit allows, or less than a request.
#[expect(clippy::too_many_lines, reason = "a table")]
fn sizes() -> Vec<(String, Vec<u8>, Expect)> {
    let long = |count| "a".repeat(count);
    let case = |name: &str, bytes: String, expect| (name.to_owned(), bytes.into_bytes(), expect);
    let get = |rest: String| format!("GET / HTTP/1.1\r\n{HOST}{rest}\r\n\r\n");
    vec![
        case(
            "a method of 100 kB",
            format!("{} / HTTP/1.1\r\n\r\n", long(100_000)),
            Refused,
        ),
        case(
            "a target of 100 kB",
            format!("GET /{} HTTP/1.1\r\n{HOST}\r\n", long(100_000)),
            Refused,
        ),
        case(
            "a version of 100 kB",
            format!("GET / HTTP/{}\r\n\r\n", long(100_000)),
            Refused,
        ),
        case(
            "a header's name of 100 kB",
            get(format!("{}: a", long(100_000))),
            Refused,
        ),
        case(
            "a header's value of 100 kB",
            get(format!("Name: {}", long(100_000))),
            Refused,
        ),
        case("1,000 headers", get("N: a\r\n".repeat(1000)), Refused),
        case("10,000 headers", get("N: a\r\n".repeat(10_000)), Refused),
        case("a head without end", long(200_000), Refused),
        case("100 kB of line ends", "\r\n".repeat(50_000), Refused),
        case("100 kB of bare LF", "\n".repeat(100_000), Refused),
        case("100 kB of NUL", "\0".repeat(100_000), Refused),
        case(
            "a chunk's extension of 100 kB",
            format!(
                "POST / HTTP/1.1\r\n{HOST}Transfer-Encoding: chunked\r\n\r\n3;{}\r\nabc\r\n0\r\n\r\n",
                long(100_000)
            ),
            End,
        ),
        case(
            "trailers of 100 kB",
            format!(
                "POST / HTTP/1.1\r\n{HOST}Transfer-Encoding: chunked\r\n\r\n0\r\nN: {}\r\n\r\n",
                long(100_000)
            ),
            End,
        ),
        case(
            "a body of 200 kB",
            format!(
                "POST / HTTP/1.1\r\n{HOST}Content-Length: 200000\r\n\r\n{}",
                long(200_000)
            ),
            End,
        ),
        case(
            "a body that never comes",
            format!("POST / HTTP/1.1\r\n{HOST}Content-Length: 10\r\n\r\n"),
            End,
        ),
        case(
            "half a body",
            format!("POST / HTTP/1.1\r\n{HOST}Content-Length: 10\r\n\r\nabc"),
            End,
        ),
        case("nothing", String::new(), End),
        case("one byte", "G".to_owned(), Refused),
        case("a line end", "\r\n".to_owned(), Refused),
        case("a bare CR", "\r".to_owned(), Refused),
        case("half a request line", "GET / HT".to_owned(), Refused),
        case("half a head", "GET / HTTP/1.1\r\nHost: loc".to_owned(), Refused),
        case(
            "a head without its last line",
            format!("GET / HTTP/1.1\r\n{HOST}"),
            Refused,
        ),
        case(
            "bare CR as line ends",
            "GET / HTTP/1.1\rHost: a\r\r".to_owned(),
            Refused,
        ),
        case("HTTP/0.9", "GET /\r\n".to_owned(), Refused),
        case("no Host", "GET / HTTP/1.1\r\n\r\n".to_owned(), End),
        case(
            "a TLS hello",
            "\x16\x03\x01\x02\x00\x01\x00\x01\u{7c}\x03\x03".to_owned(),
            Refused,
        ),
        case(
            "an answer",
            "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".to_owned(),
            Refused,
        ),
        case("SSH", "SSH-2.0-OpenSSH_9.2\r\n".to_owned(), Refused),
        case("SMTP", "EHLO localhost\r\n".to_owned(), Refused),
        case(
            "a good request, then junk",
            format!("{}\0\0\0\0\r\n\r\n", get("N: a".to_owned())),
            End,
        ),
        case("200 requests at once", get("N: a".to_owned()).repeat(200), End),
    ]
}

/// One HTTP/2 frame (RFC 9113, 4.1).
fn frame(length: usize, kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(length).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

fn whole(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    frame(payload.len(), kind, flags, stream, payload)
}

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// GET, http, / of HPACK's static table, and an authority.
const GET: &[u8] = b"\x82\x86\x84\x41\x01a";

#[expect(clippy::too_many_lines, reason = "a table")]
fn http2() -> Vec<(String, Vec<u8>, Expect)> {
    let (data, headers, reset, settings, ping, window, continuation) = (0, 1, 3, 4, 6, 8, 9);
    let open = whole(headers, 4, 1, GET);
    let frames: Vec<(&str, Vec<u8>)> = vec![
        ("no frame", Vec::new()),
        ("half a frame's head", b"\x00\x00\x06".to_vec()),
        (
            "a frame longer than said",
            frame(1, settings, 0, 0, b"\0\0\0\0\0\0"),
        ),
        ("a frame that never comes", frame(100, headers, 4, 1, b"")),
        ("a frame of 16 MB", frame(0xff_ffff, data, 0, 1, &[0; 20_000])),
        ("settings of 5 bytes", whole(settings, 0, 0, &[0; 5])),
        ("settings on a stream", whole(settings, 0, 1, &[])),
        (
            "an acknowledgement with a payload",
            whole(settings, 1, 0, &[0; 6]),
        ),
        (
            "a window above 2^31",
            whole(settings, 0, 0, b"\0\x04\xff\xff\xff\xff"),
        ),
        ("a frame size of 0", whole(settings, 0, 0, b"\0\x05\0\0\0\0")),
        ("push enabled by 2", whole(settings, 0, 0, b"\0\x02\0\0\0\x02")),
        (
            "a header table of 4 GB",
            whole(settings, 0, 0, b"\0\x01\xff\xff\xff\xff"),
        ),
        ("2,000 settings", whole(settings, 0, 0, &[]).repeat(2000)),
        ("2,000 pings", whole(ping, 0, 0, &[0; 8]).repeat(2000)),
        ("a ping of 7 bytes", whole(ping, 0, 0, &[0; 7])),
        ("a ping on a stream", whole(ping, 0, 1, &[0; 8])),
        ("data on stream 0", whole(data, 0, 0, b"a")),
        ("data on an idle stream", whole(data, 0, 1, b"a")),
        ("headers on stream 0", whole(headers, 4, 0, GET)),
        ("headers on an even stream", whole(headers, 4, 2, GET)),
        (
            "streams that count down",
            [whole(headers, 5, 5, GET), whole(headers, 5, 3, GET)].concat(),
        ),
        ("headers that are no HPACK", whole(headers, 5, 1, &[0xff; 40])),
        (
            "an index beyond the table",
            whole(headers, 5, 1, b"\xff\xff\xff\xff\x0f"),
        ),
        ("headers without a method", whole(headers, 5, 1, b"\x84\x86")),
        ("a pseudo-header twice", whole(headers, 5, 1, b"\x82\x82\x86\x84")),
        (
            "padding longer than the frame",
            whole(headers, 0xd, 1, b"\xff\x82\x86\x84"),
        ),
        (
            "a stream that depends on itself",
            whole(headers, 0x25, 1, b"\0\0\0\x01\x10\x82\x86\x84"),
        ),
        ("priority of 4 bytes", whole(2, 0, 1, &[0; 4])),
        ("a request whose body never comes", open.clone()),
        ("a reset of an idle stream", whole(reset, 0, 1, &[0; 4])),
        ("a reset of 3 bytes", whole(reset, 0, 1, &[0; 3])),
        ("a reset of stream 0", whole(reset, 0, 0, &[0; 4])),
        (
            "1,000 streams opened and reset",
            (0..1000_u32)
                .flat_map(|n| {
                    [
                        whole(headers, 4, 2 * n + 1, GET),
                        whole(reset, 0, 2 * n + 1, b"\0\0\0\x08"),
                    ]
                    .concat()
                })
                .collect(),
        ),
        ("a promise from a client", whole(5, 4, 1, b"\0\0\0\x02")),
        ("a window of 0", whole(window, 0, 0, &[0; 4])),
        ("a window of 3 bytes", whole(window, 0, 0, &[0; 3])),
        (
            "a window that overflows",
            whole(window, 0, 0, b"\x7f\xff\xff\xff").repeat(2),
        ),
        (
            "a stream's window that overflows",
            [open.clone(), whole(window, 0, 1, b"\x7f\xff\xff\xff")].concat(),
        ),
        ("a continuation of nothing", whole(continuation, 4, 1, GET)),
        (
            "a continuation of another stream",
            [whole(headers, 0, 1, GET), whole(continuation, 4, 3, b"")].concat(),
        ),
        (
            "headers that data interrupts",
            [whole(headers, 0, 1, GET), whole(data, 0, 1, b"a")].concat(),
        ),
        (
            "2,000 continuations",
            [
                whole(headers, 0, 1, GET),
                whole(continuation, 0, 1, b"\x40\x01a\x01b").repeat(2000),
            ]
            .concat(),
        ),
        ("goaway of 7 bytes", whole(7, 0, 0, &[0; 7])),
        ("goaway on a stream", whole(7, 0, 1, &[0; 8])),
        (
            "frames of no known kind",
            whole(0xee, 0xff, 1, b"abc").repeat(100),
        ),
        (
            "HTTP/1 after the preface",
            b"GET / HTTP/1.1\r\nHost: a\r\n\r\n".to_vec(),
        ),
    ];
    let cases = frames.into_iter().map(|(name, frames)| {
        let start = if name == "no frame" {
            Vec::new()
        } else {
            whole(settings, 0, 0, &[])
        };
        (
            format!("HTTP/2: {name}"),
            [PREFACE, &start, &frames].concat(),
            End,
        )
    });
    let broken = [
        &PREFACE[..3],
        &PREFACE[..16],
        &PREFACE[..23],
        b"PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n",
        b"PRI / HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ];
    let broken = broken.into_iter().map(|bytes| {
        let name = format!("HTTP/2: preface {:?}", String::from_utf8_lossy(bytes));
        (name, bytes.to_vec(), Refused)
    });
    cases.chain(broken).collect()
}

/// Marsaglia's xorshift: the same mutants in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(bound.max(1)).unwrap()).unwrap()
    }
}

const TOKENS: &[&[u8]] = &[
    b"\r\n",
    b"\r",
    b"\n",
    b"\0",
    b" ",
    b"\t",
    b":",
    b"\xff",
    b"%00",
    b"0",
    b"-1",
    b"ffffffffffffffff",
    b"\r\n\r\n",
    b"HTTP/1.1",
    b"Content-Length: 5\r\n",
    b"Transfer-Encoding: chunked\r\n",
    b"Expect: 100-continue\r\n",
];

fn mutate(random: &mut Random, bytes: &mut Vec<u8>) {
    let at = random.below(bytes.len());
    let until = (at + 1 + random.below(12)).min(bytes.len());
    match random.below(5) {
        0 if !bytes.is_empty() => bytes[at] ^= 1 << random.below(8),
        1 => drop(bytes.drain(at..until)),
        2 => {
            let part = bytes[at..until].to_vec();
            bytes.splice(at..at, part);
        }
        3 => bytes.truncate(at),
        _ => {
            let token = TOKENS[random.below(TOKENS.len())];
            bytes.splice(at..at, token.iter().copied());
        }
    }
}

fn mutants() -> Vec<(String, Vec<u8>, Expect)> {
    let seeds = [
        b"GET / HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\nConnection: keep-alive\r\n\r\n".to_vec(),
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nabcde".to_vec(),
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n0\r\nN: v\r\n\r\n"
            .to_vec(),
        [
            PREFACE,
            &whole(4, 0, 0, b"\0\x03\0\0\0\x64"),
            &whole(1, 5, 1, GET),
            &whole(6, 0, 0, &[0; 8]),
        ]
        .concat(),
    ];
    let mut random = Random(0x2545_f491_4f6c_dd1d);
    (0..MUTANTS)
        .map(|number| {
            let mut bytes = seeds[number % seeds.len()].clone();
            for _ in 0..=random.below(4) {
                mutate(&mut random, &mut bytes);
            }
            (format!("mutant {number}: {}", bytes.escape_ascii()), bytes, End)
        })
        .collect()
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
fn every_malformed_request_ends_and_harms_nothing() {
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
fn a_server_that_hangs_is_found_out() {
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
fn an_answer_other_than_expected_is_found_out() {
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
