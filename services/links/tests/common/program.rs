//! The program as a process.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    dead_code,
    missing_docs,
    unreachable_pub
)]

use std::env;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{kill_process, prlimit, Pid, Resource, Rlimit, Signal};

pub struct Program {
    child: Child,
    pub address: String,
    pub operations: String,
}

impl Program {
    /// Starts it over a database, and waits until it listens.
    pub fn start(database: &Path) -> Self {
        Self::start_with(database, &[], None)
    }

    /// Likewise, with further variables, and with files that cannot grow beyond a size.
    pub fn start_with(database: &Path, environment: &[(&str, &str)], max_file_size: Option<u64>) -> Self {
        // Bazel gives the program's path from the runfiles, cargo an absolute one.
        let program = env::current_dir().unwrap().join(env!("CARGO_BIN_EXE_links"));
        // The shell waits for its limit. A write beyond it is to fail, not to end the program.
        let mut child = Command::new("/bin/sh")
            .args(["-c", "trap '' XFSZ; read -r _; exec \"$0\""])
            .arg(program)
            .env_clear()
            .envs([
                ("HOST", "127.0.0.1"),
                ("PORT", "0"),
                ("OPS_PORT", "0"),
                ("LOG_FORMAT", "json"),
                ("DRAIN_GRACE", "0s"),
            ])
            .envs(environment.iter().copied())
            .env("LINKS_DATABASE", database)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        limit_files(&child, max_file_size);
        child.stdin.take().unwrap().write_all(b"\n").unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let listening = lines
            .by_ref()
            .map(|line| serde_json::from_str::<serde_json::Value>(&line.unwrap()).unwrap())
            .find(|line| line["message"] == "listening")
            .expect("the program logs its addresses");
        // A full pipe would block the program.
        std::thread::spawn(move || lines.for_each(drop));
        let address = |field: &str| listening[field].as_str().unwrap().to_owned();
        Self {
            child,
            address: address("address"),
            operations: address("operations"),
        }
    }

    /// Sends SIGKILL.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Sends SIGTERM, and waits for the end.
    pub fn terminate(&mut self) -> ExitStatus {
        kill_process(Pid::from_child(&self.child), Signal::TERM).unwrap();
        self.child.wait().unwrap()
    }

    /// Lets files grow to any size again.
    pub fn unlimit_files(&self) {
        limit_files(&self.child, None);
    }

    /// Lets no file grow beyond a size.
    pub fn limit_files(&self, max_size: u64) {
        limit_files(&self.child, Some(max_size));
    }

    /// The status and the body of `/readyz`.
    pub fn readiness(&self) -> (u16, String) {
        request(&self.operations, "GET", "/readyz", "").unwrap()
    }

    pub fn get(&self, path: &str) -> (u16, String) {
        request(&self.address, "GET", path, "").unwrap()
    }

    pub fn post(&self, body: &str) -> (u16, String) {
        request(&self.address, "POST", "/links", body).unwrap()
    }
}

fn limit_files(child: &Child, max_size: Option<u64>) {
    let limit = Rlimit {
        current: max_size,
        maximum: None,
    };
    prlimit(Some(Pid::from_child(child)), Resource::Fsize, limit).unwrap();
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Sends one request on a connection of its own; the status and the body of the response, if it is complete.
pub fn request(address: &str, method: &str, path: &str, body: &str) -> Option<(u16, String)> {
    let mut stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(30))).ok()?;
    let length = body.len();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Type: application/json\r\n\
         Content-Length: {length}\r\n\r\n{body}"
    );
    stream.write_all(head.as_bytes()).ok()?;
    let mut response = String::new();
    stream.read_to_string(&mut response).ok()?;
    let (head, body) = response.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    Some((status, body.to_owned()))
}
