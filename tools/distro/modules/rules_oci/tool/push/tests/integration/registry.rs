//! A registry that answers as it is told to, on this machine.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// An answer to one request.
#[derive(Clone)]
pub enum Reply {
    /// A status, further headers (each with its line end) and a body.
    Say(u16, String, &'static str),
    /// Less than the length that is announced.
    Cut,
    /// Nothing at all.
    Hang,
}

pub fn say(status: u16) -> Reply {
    Reply::Say(status, String::new(), "")
}

/// A server; requests are recorded as `METHOD path`, with the header Authorization if there is one.
pub struct Fake {
    pub host: String,
    pub requests: Arc<Mutex<Vec<String>>>,
}

impl Fake {
    /// Gives the replies in their order, and the last one from then on.
    pub fn start(replies: &[Reply]) -> Self {
        Self::start_at(|_| replies.to_vec())
    }

    /// The same, where replies name the server itself.
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

    pub fn seen(&self) -> Vec<String> {
        self.requests.lock().expect("no panic").clone()
    }
}

fn serve(mut stream: TcpStream, queue: &Mutex<VecDeque<Reply>>, record: &Mutex<Vec<String>>) {
    let Some(request) = read(&stream) else { return };
    record.lock().expect("no panic").push(request);
    let reply = {
        let mut queue = queue.lock().expect("no panic");
        let next = queue.front().cloned().expect("a reply");
        if queue.len() > 1 {
            queue.pop_front();
        }
        next
    };
    let text = match reply {
        Reply::Say(status, headers, body) => {
            let length = body.len();
            format!(
                "HTTP/1.1 {status} X\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\r\n{body}"
            )
        }
        Reply::Cut => "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{\"tok".to_owned(),
        Reply::Hang => {
            thread::sleep(Duration::from_secs(30));
            return;
        }
    };
    let _ = stream.write_all(text.as_bytes());
}

fn read(stream: &TcpStream) -> Option<String> {
    let mut reader = BufReader::new(stream);
    let mut first = String::new();
    reader.read_line(&mut first).ok()?;
    let mut request = first.trim_end().trim_end_matches(" HTTP/1.1").to_owned();
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(": ") else {
            break;
        };
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.parse().ok()?,
            "authorization" => request += &format!(" ({value})"),
            _ => {}
        }
    }
    reader.take(length).read_to_end(&mut vec![]).ok()?;
    (!request.is_empty()).then_some(request)
}
