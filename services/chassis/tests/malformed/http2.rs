//! Cases of HTTP/2 (RFC 9113).

use super::Expect::{self, End, Refused};

/// One HTTP/2 frame (RFC 9113, 4.1).
pub(super) fn frame(length: usize, kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(length).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

pub(super) fn whole(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    frame(payload.len(), kind, flags, stream, payload)
}

pub(super) const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// GET, http, / of HPACK's static table, and an authority.
pub(super) const GET: &[u8] = b"\x82\x86\x84\x41\x01a";

#[expect(clippy::too_many_lines, reason = "a table")]
pub(super) fn http2() -> Vec<(String, Vec<u8>, Expect)> {
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
