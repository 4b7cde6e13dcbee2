//! Malformed HTTP/1.1: request lines, headers, bodies and sizes.

use super::Expect::{self, Closed, Rejected, Status};

pub(super) const HOST: &str = "Host: localhost\r\n";

/// Request lines.
pub(super) fn request_lines() -> Vec<(String, Vec<u8>, Expect)> {
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
    // Unusual request lines that a server may accept.
    let unusual: &[&[u8]] = &[
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
    let bad = bad.iter().map(|line| case(line, Rejected));
    bad.chain(unusual.iter().map(|line| case(line, Closed))).collect()
}

/// Header lines of a GET request.
pub(super) fn headers() -> Vec<(String, Vec<u8>, Expect)> {
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
    let unusual: &[&[u8]] = &[
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
    let bad = bad.iter().map(|line| case(line, Rejected));
    bad.chain(unusual.iter().map(|line| case(line, Closed))).collect()
}

/// Request smuggling: a second request in what another server might read as the body of the first.
pub(super) fn smuggling() -> Vec<(String, Vec<u8>, Expect)> {
    let hidden = "0\r\n\r\nGET /hidden HTTP/1.1\r\nHost: a\r\n\r\n";
    let two_lengths = [
        "Content-Length: 4\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nContent-Length: 4",
        "Content-Length: 0\r\nTransfer-Encoding: chunked",
    ]
    // Transfer-Encoding overrides Content-Length (RFC 9112, section 6.3). The route does not accept POST.
    .map(|header| (header, 405));
    let rejected = [
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
        .chain(rejected)
        .map(|(header, status)| {
            let bytes = format!("POST / HTTP/1.1\r\n{HOST}{header}\r\n\r\n{hidden}").into_bytes();
            (format!("smuggling {header:?}"), bytes, Status(status))
        })
        .chain([(
            "smuggling by chunks in HTTP/1.0".to_owned(),
            format!("POST / HTTP/1.0\r\n{HOST}Transfer-Encoding: chunked\r\n\r\n{hidden}").into_bytes(),
            Status(400),
        )])
        .collect()
}

/// Malformed chunked bodies. The service may respond before reading them.
pub(super) fn chunks() -> Vec<(String, Vec<u8>, Expect)> {
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
            Closed,
        )
    })
    .collect()
}

/// Requests above the limits, and incomplete requests.
#[expect(clippy::too_many_lines, reason = "a table")]
pub(super) fn sizes() -> Vec<(String, Vec<u8>, Expect)> {
    let long = |count| "a".repeat(count);
    let case = |name: &str, bytes: String, expect| (name.to_owned(), bytes.into_bytes(), expect);
    let get = |rest: String| format!("GET / HTTP/1.1\r\n{HOST}{rest}\r\n\r\n");
    vec![
        case(
            "a method of 100 kB",
            format!("{} / HTTP/1.1\r\n\r\n", long(100_000)),
            Rejected,
        ),
        case(
            "a target of 100 kB",
            format!("GET /{} HTTP/1.1\r\n{HOST}\r\n", long(100_000)),
            Rejected,
        ),
        case(
            "a version of 100 kB",
            format!("GET / HTTP/{}\r\n\r\n", long(100_000)),
            Rejected,
        ),
        case(
            "a header's name of 100 kB",
            get(format!("{}: a", long(100_000))),
            Rejected,
        ),
        case(
            "a header's value of 100 kB",
            get(format!("Name: {}", long(100_000))),
            Rejected,
        ),
        case("1,000 headers", get("N: a\r\n".repeat(1000)), Rejected),
        case("10,000 headers", get("N: a\r\n".repeat(10_000)), Rejected),
        case("an unterminated head", long(200_000), Rejected),
        case("100 kB of CRLF", "\r\n".repeat(50_000), Rejected),
        case("100 kB of bare LF", "\n".repeat(100_000), Rejected),
        case("100 kB of NUL", "\0".repeat(100_000), Rejected),
        case(
            "a chunk's extension of 100 kB",
            format!(
                "POST / HTTP/1.1\r\n{HOST}Transfer-Encoding: chunked\r\n\r\n3;{}\r\nabc\r\n0\r\n\r\n",
                long(100_000)
            ),
            Closed,
        ),
        case(
            "trailers of 100 kB",
            format!(
                "POST / HTTP/1.1\r\n{HOST}Transfer-Encoding: chunked\r\n\r\n0\r\nN: {}\r\n\r\n",
                long(100_000)
            ),
            Closed,
        ),
        case(
            "a body of 200 kB",
            format!(
                "POST / HTTP/1.1\r\n{HOST}Content-Length: 200000\r\n\r\n{}",
                long(200_000)
            ),
            Closed,
        ),
        case(
            "a missing body",
            format!("POST / HTTP/1.1\r\n{HOST}Content-Length: 10\r\n\r\n"),
            Closed,
        ),
        case(
            "half a body",
            format!("POST / HTTP/1.1\r\n{HOST}Content-Length: 10\r\n\r\nabc"),
            Closed,
        ),
        case("nothing", String::new(), Closed),
        case("one byte", "G".to_owned(), Rejected),
        case("an empty line", "\r\n".to_owned(), Rejected),
        case("a bare CR", "\r".to_owned(), Rejected),
        case("half a request line", "GET / HT".to_owned(), Rejected),
        case("half a head", "GET / HTTP/1.1\r\nHost: loc".to_owned(), Rejected),
        case(
            "a head without its empty line",
            format!("GET / HTTP/1.1\r\n{HOST}"),
            Rejected,
        ),
        case(
            "bare CR as line ends",
            "GET / HTTP/1.1\rHost: a\r\r".to_owned(),
            Rejected,
        ),
        case("HTTP/0.9", "GET /\r\n".to_owned(), Rejected),
        case("no Host", "GET / HTTP/1.1\r\n\r\n".to_owned(), Closed),
        case(
            "a TLS hello",
            "\x16\x03\x01\x02\x00\x01\x00\x01\u{7c}\x03\x03".to_owned(),
            Rejected,
        ),
        case(
            "a response",
            "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".to_owned(),
            Rejected,
        ),
        case("SSH", "SSH-2.0-OpenSSH_9.2\r\n".to_owned(), Rejected),
        case("SMTP", "EHLO localhost\r\n".to_owned(), Rejected),
        case(
            "a valid request, then garbage",
            format!("{}\0\0\0\0\r\n\r\n", get("N: a".to_owned())),
            Closed,
        ),
        case("200 requests at once", get("N: a".to_owned()).repeat(200), Closed),
    ]
}
