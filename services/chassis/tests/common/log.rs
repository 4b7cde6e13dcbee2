//! A process's standard output, line by line.

use std::io::{BufRead, BufReader};
use std::process::ChildStdout;
use std::sync::mpsc::{channel, Receiver};
use std::thread::{self, JoinHandle};
use std::time::Instant;

use serde_json::Value;

use super::DEADLINE;

pub struct Log {
    lines: Receiver<String>,
    reader: JoinHandle<()>,
}

impl Log {
    pub fn of(stdout: ChildStdout) -> Self {
        let (sender, lines) = channel();
        let reader = thread::spawn(move || {
            for line in BufReader::new(stdout).lines() {
                // Whoever closed the log gets no more.
                if sender.send(line.unwrap()).is_err() {
                    break;
                }
            }
        });
        Self { lines, reader }
    }

    pub fn next(&self, what: &str) -> String {
        match self.lines.recv_timeout(DEADLINE) {
            Ok(line) => line,
            Err(error) => panic!("no line of {what}: {error}"),
        }
    }

    pub fn line(&self, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let late = Instant::now() + DEADLINE;
        loop {
            assert!(Instant::now() < late, "no line of {what}");
            let line = self.next(what);
            let value = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{line}: {error}"));
            if wanted(&value) {
                return value;
            }
        }
    }

    /// All lines until the process has ended.
    pub fn rest(&self) -> Vec<String> {
        self.lines.iter().collect()
    }

    /// Closes the pipe as soon as the next line has come; what is returned ends with that.
    pub fn close(self) -> JoinHandle<()> {
        self.reader
    }
}
