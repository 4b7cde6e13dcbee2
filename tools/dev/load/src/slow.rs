//! Senders of single bytes at long intervals.

use std::io::{ErrorKind, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use crate::client::is_closed;

/// Time between two bytes of a sender.
const INTERVAL: Duration = Duration::from_millis(200);
/// Groups of senders over which the interval is spread.
const GROUPS: u32 = 50;

/// Until `done`, keeps `count` connections that send one of `starts`, then single bytes. A connection with a response or
/// a close is counted in `closed` and reopened.
pub(crate) fn send_slowly(
    address: SocketAddr,
    count: usize,
    starts: &[&[u8]],
    done: &AtomicBool,
    closed: &AtomicU64,
) {
    let mut senders: Vec<Option<TcpStream>> = (0..count).map(|_| None).collect();
    let group = count.div_ceil(GROUPS as usize);
    while count > 0 && !done.load(Ordering::Acquire) {
        for ((number, sender), start) in senders.iter_mut().enumerate().zip(starts.iter().cycle()) {
            if number % group == 0 {
                thread::sleep(INTERVAL / GROUPS);
            }
            if let Some(stream) = sender {
                let sent = stream.write(b"a");
                if is_finished(stream) || sent.is_err_and(|error| error.kind() != ErrorKind::WouldBlock) {
                    closed.fetch_add(1, Ordering::Relaxed);
                    *sender = None;
                }
            }
            if sender.is_none() {
                *sender = TcpStream::connect(address)
                    .and_then(|mut stream| stream.write_all(start).map(|()| stream))
                    .ok();
            }
        }
    }
}

fn is_finished(stream: &TcpStream) -> bool {
    let _ = stream.set_nonblocking(true);
    let peeked = stream.peek(&mut [0]).is_ok();
    let _ = stream.set_nonblocking(false);
    peeked || is_closed(stream)
}
