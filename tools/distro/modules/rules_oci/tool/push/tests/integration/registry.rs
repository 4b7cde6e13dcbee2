//! A local registry that sends the responses of a test.

use std::collections::VecDeque;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

#[derive(Clone)]
pub enum Reply {
    /// A status, other headers (each with its line ending) and a body.
    Status(u16, String, &'static str),
    /// As `Status`, but the connection closes only when the client sends its next request.
    Kept(u16, String),
    /// A body shorter than its Content-Length.
    Truncated,
    /// A status before the request's body is read, then the connection closes.
    Early(u16),
    Hang,
}

pub fn with_status(status: u16) -> Reply {
    Reply::Status(status, String::new(), "")
}

/// A server. Requests are recorded as `METHOD path`, with the header Authorization if present, and the body's size.
pub struct TestRegistry {
    pub host: String,
    requests: Arc<Mutex<Vec<(String, u64)>>>,
}

impl TestRegistry {
    /// Starts a server that sends the replies in order and repeats the last one.
    pub fn start(replies: &[Reply]) -> Self {
        Self::start_at(|_| replies.to_vec())
    }

    /// Starts a server whose replies contain its own address.
    pub fn start_at(replies: impl FnOnce(&str) -> Vec<Reply>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let host = listener.local_addr().expect("an address").to_string();
        let queue = Arc::new(Mutex::new(VecDeque::from(replies(&host))));
        let requests = Arc::new(Mutex::new(vec![]));
        let record = Arc::clone(&requests);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (queue, record) = (Arc::clone(&queue), Arc::clone(&record));
                thread::spawn(move || serve(stream, &queue, &record));
            }
        });
        Self { host, requests }
    }

    /// A server that does not listen.
    pub fn stopped(host: String) -> Self {
        let requests = Arc::default();
        Self { host, requests }
    }

    pub fn requests(&self) -> Vec<String> {
        let requests = self.requests.lock().expect("no panic");
        requests.iter().map(|(request, _)| request.clone()).collect()
    }

    /// The body sizes of the requests that begin with `method`.
    pub fn body_sizes(&self, method: &str) -> Vec<u64> {
        let requests = self.requests.lock().expect("no panic");
        let of_method = requests.iter().filter(|(request, _)| request.starts_with(method));
        of_method.map(|(_, size)| *size).collect()
    }
}

fn serve(mut stream: TcpStream, queue: &Mutex<VecDeque<Reply>>, record: &Mutex<Vec<(String, u64)>>) {
    let Some((request, size)) = read_head(&stream) else {
        return;
    };
    let is_tunnel = request.starts_with("CONNECT ");
    record.lock().expect("no panic").push((request, size));
    if is_tunnel {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
        return serve(stream, queue, record);
    }
    let reply = {
        let mut queue = queue.lock().expect("no panic");
        let next = queue.front().cloned().expect("a reply");
        if queue.len() > 1 {
            queue.pop_front();
        }
        next
    };
    let is_kept = matches!(reply, Reply::Kept(..));
    if !matches!(reply, Reply::Early(_)) && read_body(&stream, size).is_none() {
        return;
    }
    let text = match reply {
        Reply::Status(status, headers, body) => {
            let length = body.len();
            format!(
                "HTTP/1.1 {status} X\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\r\n{body}"
            )
        }
        Reply::Kept(status, headers) => format!("HTTP/1.1 {status} X\r\nContent-Length: 0\r\n{headers}\r\n"),
        Reply::Truncated => "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{\"tok".to_owned(),
        Reply::Early(status) => {
            format!("HTTP/1.1 {status} X\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
        }
        Reply::Hang => {
            thread::sleep(Duration::from_secs(30));
            return;
        }
    };
    let _ = stream.write_all(text.as_bytes());
    if is_kept {
        read_head(&stream);
    }
}

/// Reads byte by byte, because the body must remain in the stream.
fn read_head(mut stream: &TcpStream) -> Option<(String, u64)> {
    let mut head = vec![];
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).ok()?;
        head.extend(byte);
    }
    let head = String::from_utf8(head).ok()?;
    let mut lines = head.lines();
    let mut request = lines.next()?.trim_end_matches(" HTTP/1.1").to_owned();
    let mut size = 0;
    for (name, value) in lines.filter_map(|line| line.split_once(": ")) {
        match name.to_ascii_lowercase().as_str() {
            "content-length" => size = value.parse().ok()?,
            "authorization" => request += &format!(" ({value})"),
            _ => {}
        }
    }
    Some((request, size))
}

fn read_body(stream: &TcpStream, size: u64) -> Option<()> {
    let read = std::io::copy(&mut stream.take(size), &mut std::io::sink());
    (read.ok()? == size).then_some(())
}
