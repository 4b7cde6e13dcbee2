//! The fixture as a process, and a client of it.

#![allow(dead_code, unreachable_pub)]

mod client;
pub mod http2;
pub mod log;

use std::net::SocketAddr;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

pub use client::{Answer, Client};
pub use rustix::process::Signal;
use serde_json::Value;

use log::Log;

/// By when whatever is awaited must have come, on a machine that does much else.
pub const DEADLINE: Duration = Duration::from_secs(40);

/// Absolute with cargo; relative to the runfiles, a test's working directory, with Bazel.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_fixture");

pub struct Fixture {
    child: Child,
    log: Option<Log>,
    pub service: SocketAddr,
    pub operations: SocketAddr,
}

/// The fixture's command, with these variables and no others.
pub fn command(variables: &[(&str, &str)]) -> Command {
    let mut command = Command::new(PROGRAM);
    configure(&mut command, variables);
    command
}

/// Gives a command these variables and no others.
pub fn configure<'a>(command: &'a mut Command, variables: &[(&str, &str)]) -> &'a mut Command {
    command
        .env_clear()
        .envs([
            ("HOST", "127.0.0.1"),
            ("PORT", "0"),
            ("OPS_PORT", "0"),
            ("DRAIN_GRACE", "0s"),
        ])
        .envs(variables.iter().copied())
}

/// Runs the fixture to its end.
pub fn output(arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    command(variables).args(arguments).output().unwrap()
}

impl Fixture {
    pub fn start(variables: &[(&str, &str)]) -> Self {
        Self::spawn(&mut command(variables))
    }

    pub fn spawn(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let log = Log::of(child.stdout.take().unwrap());
        let listening = log.line("listening", |line| line["message"] == "listening");
        let address = |name: &str| {
            let address = listening[name].as_str().unwrap();
            // Of an operations port that is off.
            address.parse().unwrap_or(SocketAddr::from(([127, 0, 0, 1], 0)))
        };
        Self {
            child,
            service: address("address"),
            operations: address("operations"),
            log: Some(log),
        }
    }

    pub fn connect(&self) -> Client {
        Client::connect(self.service)
    }

    /// One request on a connection of its own.
    pub fn get(&self, path: &str) -> Answer {
        self.connect().get(path)
    }

    /// One request of the operations port.
    pub fn ask(&self, path: &str) -> Answer {
        Client::connect(self.operations).get(path)
    }

    /// The value of a metric, by its name and labels.
    pub fn metric(&self, name: &str) -> Option<String> {
        let metrics = self.ask("/metrics").body;
        let mut lines = metrics.lines();
        lines.find_map(|line| Some(line.strip_prefix(name)?.strip_prefix(' ')?.to_owned()))
    }

    /// The next line of the log that `wanted` takes, with all before it skipped.
    pub fn line(&self, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        self.log().line(what, wanted)
    }

    /// The line of the next request that ended.
    pub fn request_line(&self) -> Value {
        self.line("a request's end", |line| line["target"] == "request")
    }

    /// Waits until a handler has said so.
    pub fn wait_for(&self, message: &str) -> Value {
        self.line(message, |line| line["message"] == message)
    }

    /// The next line of the log as it is.
    pub fn raw_line(&self) -> String {
        self.log().next("the log")
    }

    /// All lines of the log from now to its end.
    pub fn rest_of_log(&self) -> Vec<String> {
        self.log().rest()
    }

    /// The next line of the log is the last that is read of it; what is returned ends with that.
    pub fn close_log(&mut self) -> JoinHandle<()> {
        self.log.take().unwrap().close()
    }

    pub fn signal(&self, signal: Signal) {
        rustix::process::kill_process(rustix::process::Pid::from_child(&self.child), signal).unwrap();
    }

    fn log(&self) -> &Log {
        self.log.as_ref().unwrap()
    }

    /// Waits for its end.
    pub fn ended(&mut self) -> ExitStatus {
        let late = Instant::now() + DEADLINE;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(Instant::now() < late, "the service did not end");
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Ends it in order; its exit status.
    pub fn stop(&mut self) -> Option<i32> {
        self.signal(Signal::TERM);
        self.ended().code()
    }
}

impl Drop for Fixture {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
