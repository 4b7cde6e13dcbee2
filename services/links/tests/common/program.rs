//! The program itself, as a process.

#![allow(clippy::unwrap_used, missing_docs, unreachable_pub)]

use std::env;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

pub struct Program {
    child: Child,
    pub address: String,
}

impl Program {
    /// Starts it over a database, and waits until it listens.
    pub fn start(database: &Path) -> Self {
        // Bazel gives the program's path from the runfiles, cargo an absolute one.
        let program = env::current_dir().unwrap().join(env!("CARGO_BIN_EXE_links"));
        let mut child = Command::new(program)
            .env_clear()
            .envs([
                ("HOST", "127.0.0.1"),
                ("PORT", "0"),
                ("OPS_PORT", "0"),
                ("LOG_FORMAT", "json"),
            ])
            .env("LINKS_DATABASE", database)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let address = lines
            .by_ref()
            .map(|line| serde_json::from_str::<serde_json::Value>(&line.unwrap()).unwrap())
            .find(|line| line["message"] == "listening")
            .and_then(|line| line["address"].as_str().map(ToOwned::to_owned))
            .expect("the program says where it listens");
        // Nobody reads the rest, but a full pipe must not hold the program up.
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, address }
    }

    /// SIGKILL: no word of warning.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// One request on a connection of its own: the status and the body of the answer, if a whole one came.
pub fn request(address: &str, method: &str, path: &str, body: &str) -> Option<(u16, String)> {
    let mut stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(30))).ok()?;
    let length = body.len();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Type: application/json\r\n\
         Content-Length: {length}\r\n\r\n{body}"
    );
    stream.write_all(head.as_bytes()).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    Some((status, body.to_owned()))
}
