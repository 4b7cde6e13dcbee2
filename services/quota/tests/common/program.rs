//! The program as a process.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;

use rustix::process::{kill_process, Pid, Signal};
use serde_json::Value;

pub struct Program {
    child: Child,
    pub address: SocketAddr,
}

impl Program {
    /// Starts it with further variables, and waits until it listens.
    pub fn start(variables: &[(&str, &str)]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_quota"))
            .env_clear()
            .envs([
                ("HOST", "127.0.0.1"),
                ("PORT", "0"),
                ("OPS_PORT", "off"),
                ("DRAIN_GRACE", "0s"),
            ])
            .envs(variables.iter().copied())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let line = lines.next().unwrap().unwrap();
        let listening: Value = serde_json::from_str(&line).unwrap();
        // A full pipe would drop lines.
        thread::spawn(move || lines.for_each(drop));
        Self {
            child,
            address: listening["address"].as_str().unwrap().parse().unwrap(),
        }
    }

    /// Sends SIGTERM.
    pub fn terminate(&self) {
        kill_process(Pid::from_child(&self.child), Signal::TERM).unwrap();
    }

    /// Waits for the end.
    pub fn ended(&mut self) -> ExitStatus {
        self.child.wait().unwrap()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
