//! Programs of the chassis as child processes.

use std::fs;
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rustix::process::{kill_process, prlimit, Pid, Resource, Rlimit, Signal};
use serde_json::Value;

use crate::http1::{Client, Response};
use crate::{Log, TIMEOUT};

/// The command of a service with the environment of [`set_environment`].
pub fn service_command(program: &str, variables: &[(&str, &str)]) -> Command {
    let mut command = Command::new(program);
    set_environment(&mut command, variables);
    command
}

/// Replaces the environment of a service: free ports of 127.0.0.1 and no `DRAIN_GRACE`, unless `variables` set them.
pub fn set_environment<'a>(command: &'a mut Command, variables: &[(&str, &str)]) -> &'a mut Command {
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

/// A running service or job; killed when dropped.
#[derive(Debug)]
pub struct Program {
    child: Child,
    log: Option<Log>,
    listening: Option<Value>,
}

impl Program {
    /// Starts a program.
    pub fn spawn(command: &mut Command) -> Self {
        Self::from_child(command.stdout(Stdio::piped()).spawn().unwrap())
    }

    /// Takes over a process whose standard output is piped.
    pub fn from_child(mut child: Child) -> Self {
        let log = child.stdout.take().map(Log::new);
        Self {
            child,
            log,
            listening: None,
        }
    }

    /// Starts a service and waits until it listens.
    pub fn start(command: &mut Command) -> Self {
        Self::spawn(command).listening()
    }

    /// Waits until the service logs its addresses.
    #[must_use]
    pub fn listening(mut self) -> Self {
        self.listening = Some(self.wait_for("listening"));
        self
    }

    /// The address of the service's port.
    pub fn address(&self) -> SocketAddr {
        self.logged_address("address")
    }

    /// The address of the operations port.
    pub fn operations(&self) -> SocketAddr {
        self.logged_address("operations")
    }

    fn logged_address(&self, field: &str) -> SocketAddr {
        let address = self.listening.as_ref().and_then(|line| line.get(field)?.as_str());
        let address = address.and_then(|address| address.parse().ok());
        address.unwrap_or_else(|| panic!("no \"{field}\" in {:?}", self.listening))
    }

    /// Connects to the service's port.
    pub fn connect(&self) -> Client {
        Client::connect(self.address())
    }

    /// Sends a GET request to the service's port on a new connection.
    pub fn get(&self, path: &str) -> Response {
        self.connect().get(path)
    }

    /// Sends a GET request to the operations port on a new connection.
    pub fn get_operations(&self, path: &str) -> Response {
        Client::connect(self.operations()).get(path)
    }

    /// The value of a metric; `name` includes its labels.
    pub fn metric(&self, name: &str) -> Option<String> {
        let metrics = self.get_operations("/metrics").body;
        let mut lines = metrics.lines();
        lines.find_map(|line| Some(line.strip_prefix(name)?.strip_prefix(' ')?.to_owned()))
    }

    fn log(&self) -> &Log {
        self.log.as_ref().unwrap()
    }

    /// Waits for a log line that satisfies `predicate`; see [`Log::find`].
    pub fn find_line(&self, description: &str, predicate: impl Fn(&Value) -> bool) -> Value {
        self.log().find(description, predicate)
    }

    /// Waits for a log line with this message.
    pub fn wait_for(&self, message: &str) -> Value {
        self.find_line(message, |line| line["message"] == message)
    }

    /// Waits for the log line of the next completed request.
    pub fn request_log(&self) -> Value {
        self.find_line("request", |line| line["target"] == "request")
    }

    /// Waits for the next log line, of any format.
    pub fn next_line(&self) -> String {
        self.log().next_line("any")
    }

    /// Returns the unread log lines once the program has exited.
    pub fn remaining_log(&self) -> Vec<String> {
        self.log().remaining()
    }

    /// Closes the reading end of the log; see [`Log::close`].
    pub fn close_log(&mut self) -> JoinHandle<()> {
        self.log.take().unwrap().close()
    }

    /// The process id.
    pub fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    /// Leaves 1 MiB of address space, less than the stack of a thread; `false` removes the limit.
    pub fn limit_threads(&self, limited: bool) {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let mut words = status.split("VmSize:").nth(1).unwrap().split_whitespace();
        let size: u64 = words.next().unwrap().parse().unwrap();
        let limit = Rlimit {
            current: limited.then_some((size + 1024) << 10),
            maximum: None,
        };
        prlimit(Some(self.pid()), Resource::As, limit).unwrap();
    }

    /// Waits until SIGTERM has a handler.
    pub fn wait_for_handler(&self) {
        const TERM: u64 = 1 << 14;

        let status = format!("/proc/{}/status", self.child.id());
        let caught = || {
            let status = fs::read_to_string(&status).unwrap();
            let mask = status.split("SigCgt:").nth(1).unwrap().split_whitespace().next();
            u64::from_str_radix(mask.unwrap(), 16).unwrap()
        };
        let deadline = Instant::now() + TIMEOUT;
        while caught() & TERM == 0 {
            assert!(Instant::now() < deadline, "SIGTERM has no handler");
        }
    }

    /// Waits until the service's port is closed.
    pub fn wait_for_closed_port(&self) {
        let deadline = Instant::now() + TIMEOUT;
        while TcpStream::connect(self.address()).is_ok() {
            assert!(Instant::now() < deadline, "the service still accepts connections");
        }
    }

    /// Sends a signal.
    pub fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).unwrap();
    }

    /// Whether the program has not exited.
    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Waits until the program exits.
    pub fn wait(&mut self) -> ExitStatus {
        let deadline = Instant::now() + TIMEOUT;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(Instant::now() < deadline, "the program did not exit");
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Sends SIGTERM and returns the exit code.
    pub fn terminate(&mut self) -> Option<i32> {
        self.signal(Signal::TERM);
        self.wait().code()
    }

    /// Sends SIGKILL and waits until the program has exited.
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
