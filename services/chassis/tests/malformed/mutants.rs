//! Random mutations of valid requests.

use super::http2::{frame, GET, PREFACE};
use super::Expect::{self, Closed};

const MUTANTS: usize = 240;

/// Marsaglia's xorshift, with a fixed seed: every run has the same mutants.
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

pub(super) fn mutants() -> Vec<(String, Vec<u8>, Expect)> {
    let seeds = [
        b"GET / HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\nConnection: keep-alive\r\n\r\n".to_vec(),
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nabcde".to_vec(),
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n0\r\nN: v\r\n\r\n"
            .to_vec(),
        [
            PREFACE,
            &frame(4, 0, 0, b"\0\x03\0\0\0\x64"),
            &frame(1, 5, 1, GET),
            &frame(6, 0, 0, &[0; 8]),
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
            (
                format!("mutant {number}: {}", bytes.escape_ascii()),
                bytes,
                Closed,
            )
        })
        .collect()
}
