//! The program as a child process.

#![allow(clippy::unwrap_used, dead_code, unreachable_pub)]

use std::env;
use std::io::Write;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};

use rustix::process::{prlimit, Pid, Resource, Rlimit};
use serde_json::Value;
use test_support::http1::{Client, Response};
use test_support::{set_environment, Program, Signal};

pub struct Links(Program);

impl Links {
    /// Starts the program with a database and waits until it listens.
    pub fn start(database: &Path) -> Self {
        Self::start_with(database, &[], None)
    }

    /// As [`start`](Self::start), with more variables and a maximum size of the files that it writes, in bytes.
    pub fn start_with(database: &Path, variables: &[(&str, &str)], max_file_size: Option<u64>) -> Self {
        Self(Self::spawn(database, variables, max_file_size).0.listening())
    }

    /// As [`start_with`](Self::start_with), but does not wait until it listens.
    pub fn spawn(database: &Path, variables: &[(&str, &str)], max_file_size: Option<u64>) -> Self {
        // The path is absolute with cargo, and relative to the runfiles with Bazel.
        let program = env::current_dir().unwrap().join(env!("CARGO_BIN_EXE_links"));
        // The shell waits until its limit is set.
        let mut command = Command::new("/bin/sh");
        command.args(["-c", "read -r _; exec \"$0\""]).arg(program);
        let mut child = set_environment(&mut command, variables)
            .env("LINKS_DATABASE", database)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        limit_files(Pid::from_child(&child), max_file_size);
        start_program(&mut child);
        Self(Program::from_child(child))
    }

    pub fn address(&self) -> SocketAddr {
        self.0.address()
    }

    /// Waits until SIGTERM has a handler.
    pub fn wait_for_handler(&self) {
        self.0.wait_for_handler();
    }

    /// Sends SIGKILL.
    pub fn kill(&mut self) {
        self.0.kill();
    }

    /// Sends SIGTERM and waits until the program exits.
    pub fn terminate(&mut self) -> ExitStatus {
        self.0.signal(Signal::TERM);
        self.0.wait()
    }

    /// Sets the maximum size of files in bytes; `None` removes it.
    pub fn limit_files(&self, max_size: Option<u64>) {
        limit_files(self.0.pid(), max_size);
    }

    pub fn limit_threads(&self, limited: bool) {
        self.0.limit_threads(limited);
    }

    /// Waits for a log line with this message.
    pub fn wait_for(&self, message: &str) -> Value {
        self.0.wait_for(message)
    }

    /// Repeats checks that a busy machine did not finish within their limit.
    pub fn readiness(&self) -> Response {
        loop {
            let response = self.0.get_operations("/readyz");
            if !response.body.contains("timed out after") {
                return response;
            }
        }
    }

    pub fn get(&self, path: &str) -> Response {
        self.0.get(path)
    }

    pub fn post(&self, body: &str) -> Response {
        post(self.address(), body).unwrap()
    }
}

fn start_program(shell: &mut Child) {
    shell.stdin.take().unwrap().write_all(b"\n").unwrap();
}

fn limit_files(pid: Pid, max_size: Option<u64>) {
    let limit = Rlimit {
        current: max_size,
        maximum: None,
    };
    prlimit(Some(pid), Resource::Fsize, limit).unwrap();
}

/// Sends a new link; `None` if the connection is closed before the end of the response.
pub fn post(address: SocketAddr, body: &str) -> Option<Response> {
    let mut client = Client::try_connect(address).ok()?;
    let headers = [("content-type", "application/json")];
    client.try_request("POST", "/links", &headers, Some(body)).ok()?;
    client.try_response().ok()
}
