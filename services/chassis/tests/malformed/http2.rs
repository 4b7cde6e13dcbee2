//! Malformed HTTP/2 (RFC 9113).

use super::Expect::{self, Closed, Rejected};

/// A frame with a length field that may differ from its payload (RFC 9113, section 4.1).
pub(super) fn frame_with_length(length: usize, kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(length).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// A frame.
pub(super) fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    frame_with_length(payload.len(), kind, flags, stream, payload)
}

pub(super) const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// A header block: method GET, scheme http and path / of the static table of HPACK, and an authority.
pub(super) const GET: &[u8] = b"\x82\x86\x84\x41\x01a";

#[expect(clippy::too_many_lines, reason = "a table")]
pub(super) fn http2() -> Vec<(String, Vec<u8>, Expect)> {
    let (data, headers, reset, settings, ping, window, continuation) = (0, 1, 3, 4, 6, 8, 9);
    let open = frame(headers, 4, 1, GET);
    let frames: Vec<(&str, Vec<u8>)> = vec![
        ("no frame", Vec::new()),
        ("half a frame header", b"\x00\x00\x06".to_vec()),
        (
            "a payload longer than its length",
            frame_with_length(1, settings, 0, 0, b"\0\0\0\0\0\0"),
        ),
        (
            "a frame without its payload",
            frame_with_length(100, headers, 4, 1, b""),
        ),
        (
            "a frame of 16 MB",
            frame_with_length(0xff_ffff, data, 0, 1, &[0; 20_000]),
        ),
        ("settings of 5 bytes", frame(settings, 0, 0, &[0; 5])),
        ("settings on a stream", frame(settings, 0, 1, &[])),
        (
            "an acknowledgement with a payload",
            frame(settings, 1, 0, &[0; 6]),
        ),
        (
            "a window above 2^31",
            frame(settings, 0, 0, b"\0\x04\xff\xff\xff\xff"),
        ),
        ("a frame size of 0", frame(settings, 0, 0, b"\0\x05\0\0\0\0")),
        ("push enabled by 2", frame(settings, 0, 0, b"\0\x02\0\0\0\x02")),
        (
            "a header table of 4 GB",
            frame(settings, 0, 0, b"\0\x01\xff\xff\xff\xff"),
        ),
        ("2,000 settings", frame(settings, 0, 0, &[]).repeat(2000)),
        ("2,000 pings", frame(ping, 0, 0, &[0; 8]).repeat(2000)),
        ("a ping of 7 bytes", frame(ping, 0, 0, &[0; 7])),
        ("a ping on a stream", frame(ping, 0, 1, &[0; 8])),
        ("data on stream 0", frame(data, 0, 0, b"a")),
        ("data on an idle stream", frame(data, 0, 1, b"a")),
        ("headers on stream 0", frame(headers, 4, 0, GET)),
        ("headers on an even stream", frame(headers, 4, 2, GET)),
        (
            "descending stream identifiers",
            [frame(headers, 5, 5, GET), frame(headers, 5, 3, GET)].concat(),
        ),
        ("headers that are not HPACK", frame(headers, 5, 1, &[0xff; 40])),
        (
            "an index beyond the table",
            frame(headers, 5, 1, b"\xff\xff\xff\xff\x0f"),
        ),
        ("headers without a method", frame(headers, 5, 1, b"\x84\x86")),
        ("a pseudo-header twice", frame(headers, 5, 1, b"\x82\x82\x86\x84")),
        (
            "padding longer than the frame",
            frame(headers, 0xd, 1, b"\xff\x82\x86\x84"),
        ),
        (
            "a stream that depends on itself",
            frame(headers, 0x25, 1, b"\0\0\0\x01\x10\x82\x86\x84"),
        ),
        ("priority of 4 bytes", frame(2, 0, 1, &[0; 4])),
        ("a request without its body", open.clone()),
        ("a reset of an idle stream", frame(reset, 0, 1, &[0; 4])),
        ("a reset of 3 bytes", frame(reset, 0, 1, &[0; 3])),
        ("a reset of stream 0", frame(reset, 0, 0, &[0; 4])),
        (
            "1,000 streams opened and reset",
            (0..1000_u32)
                .flat_map(|n| {
                    [
                        frame(headers, 4, 2 * n + 1, GET),
                        frame(reset, 0, 2 * n + 1, b"\0\0\0\x08"),
                    ]
                    .concat()
                })
                .collect(),
        ),
        ("a push promise from a client", frame(5, 4, 1, b"\0\0\0\x02")),
        ("a window of 0", frame(window, 0, 0, &[0; 4])),
        ("a window of 3 bytes", frame(window, 0, 0, &[0; 3])),
        (
            "a window that overflows",
            frame(window, 0, 0, b"\x7f\xff\xff\xff").repeat(2),
        ),
        (
            "a stream's window that overflows",
            [open.clone(), frame(window, 0, 1, b"\x7f\xff\xff\xff")].concat(),
        ),
        ("a continuation without headers", frame(continuation, 4, 1, GET)),
        (
            "a continuation of another stream",
            [frame(headers, 0, 1, GET), frame(continuation, 4, 3, b"")].concat(),
        ),
        (
            "data within headers",
            [frame(headers, 0, 1, GET), frame(data, 0, 1, b"a")].concat(),
        ),
        (
            "2,000 continuations",
            [
                frame(headers, 0, 1, GET),
                frame(continuation, 0, 1, b"\x40\x01a\x01b").repeat(2000),
            ]
            .concat(),
        ),
        ("goaway of 7 bytes", frame(7, 0, 0, &[0; 7])),
        ("goaway on a stream", frame(7, 0, 1, &[0; 8])),
        (
            "frames of an unknown type",
            frame(0xee, 0xff, 1, b"abc").repeat(100),
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
            frame(settings, 0, 0, &[])
        };
        (
            format!("HTTP/2: {name}"),
            [PREFACE, &start, &frames].concat(),
            Closed,
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
        (name, bytes.to_vec(), Rejected)
    });
    cases.chain(broken).collect()
}
