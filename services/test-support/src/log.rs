//! Standard output of a program, read line by line.

use std::io::{BufRead, BufReader};
use std::process::ChildStdout;
use std::sync::mpsc::{channel, Receiver};
use std::thread::{self, JoinHandle};
use std::time::Instant;

use serde_json::Value;

use crate::TIMEOUT;

/// The log of a program. A thread reads it, because a full pipe would make the program drop lines.
#[derive(Debug)]
pub struct Log {
    lines: Receiver<String>,
    reader: JoinHandle<()>,
}

impl Log {
    /// Starts to read the log.
    pub fn new(stdout: ChildStdout) -> Self {
        let (sender, lines) = channel();
        let reader = thread::spawn(move || {
            for line in BufReader::new(stdout).lines() {
                if sender.send(line.unwrap()).is_err() {
                    break;
                }
            }
        });
        Self { lines, reader }
    }

    /// Waits for the next line; `description` is for the panic message.
    pub fn next_line(&self, description: &str) -> String {
        match self.lines.recv_timeout(TIMEOUT) {
            Ok(line) => line,
            Err(error) => panic!("no log line \"{description}\": {error}"),
        }
    }

    /// Waits for a JSON line that satisfies `predicate`, and discards the lines before it.
    pub fn find(&self, description: &str, predicate: impl Fn(&Value) -> bool) -> Value {
        let deadline = Instant::now() + TIMEOUT;
        loop {
            assert!(Instant::now() < deadline, "no log line \"{description}\"");
            let line = self.next_line(description);
            let value = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{line}: {error}"));
            if predicate(&value) {
                return value;
            }
        }
    }

    /// Returns the unread lines once the program has closed its standard output.
    pub fn remaining(&self) -> Vec<String> {
        self.lines.iter().collect()
    }

    /// Closes the pipe when the next line arrives, which finishes the returned thread.
    pub fn close(self) -> JoinHandle<()> {
        self.reader
    }
}
