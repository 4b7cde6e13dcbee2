//! The process of the program, as seen by its parent.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::process::{kill_process, Pid, Signal};
use rustix::time::{clock_gettime, ClockId};

use super::plan::{Plan, Reply};

/// Limit for the init process to prepare the root filesystem.
const SETUP_TIMEOUT: Duration = Duration::from_mins(1);
/// Maximum interval between attempts, each of which costs the program CPU time.
pub(super) const MAX_POLL_INTERVAL: Duration = Duration::from_millis(20);
/// Interval between samples of a program that can exit at any time.
pub(super) const SAMPLE_INTERVAL: Duration = Duration::from_millis(1);
/// Bytes of output that a failure prints.
const OUTPUT_TAIL: usize = 4096;

pub(super) struct Scratch(PathBuf);

impl Scratch {
    pub(super) fn new() -> Result<Self, String> {
        let parent = std::env::var_os("TEST_TMPDIR").map_or_else(std::env::temp_dir, PathBuf::from);
        let dir = parent.join(format!("image-check.{}", std::process::id()));
        fs::create_dir_all(dir.join("root"))
            .map_err(|error| format!("cannot create {}: {error}", dir.display()))?;
        Ok(Self(dir))
    }

    pub(super) fn join(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A running program; dropping kills it and its children.
pub(super) struct Container {
    child: Child,
    /// Standard output and standard error.
    output_file: PathBuf,
    /// Origin of /proc.
    pub(super) proc: String,
    /// Time of [`monotonic_time`] at which the init process was about to execute the program.
    pub(super) started: Duration,
}

impl Container {
    /// Starts the init process in the current namespaces and waits until it executes the program.
    pub(super) fn start(plan: &Plan, scratch: &Scratch) -> Result<Self, String> {
        let output_file = scratch.join("output");
        let text = |error: std::io::Error| format!("cannot start the init process: {error}");
        let file = File::create(&output_file).map_err(text)?;
        let (mut socket, child_socket) = UnixStream::pair().map_err(text)?;
        let child = Command::new("/proc/self/exe")
            .arg(super::INIT)
            .stdin(OwnedFd::from(child_socket))
            .stdout(file.try_clone().map_err(text)?)
            .stderr(file)
            .spawn()
            .map_err(text)?;
        let mut container = Self {
            child,
            output_file,
            proc: String::new(),
            started: Duration::ZERO,
        };
        let json = serde_json::to_vec(plan).map_err(|error| error.to_string())?;
        socket.set_read_timeout(Some(SETUP_TIMEOUT)).map_err(text)?;
        socket.write_all(&json).map_err(text)?;
        socket.shutdown(Shutdown::Write).map_err(text)?;
        let mut replies = Vec::new();
        socket.read_to_end(&mut replies).map_err(text)?;
        for reply in serde_json::Deserializer::from_slice(&replies).into_iter() {
            match reply {
                Ok(Reply::Ready { proc, at }) => (container.proc, container.started) = (proc, at),
                Ok(Reply::Failed(error)) => return Err(error),
                Err(error) => return Err(format!("the init process sent an invalid reply: {error}")),
            }
        }
        Ok(container)
    }

    /// A field of `/proc/PID/status`.
    pub(super) fn status(&self, field: &str) -> Option<String> {
        let status = fs::read_to_string(self.proc_file("status")).ok()?;
        let value = status
            .lines()
            .find_map(|line| line.strip_prefix(field)?.strip_prefix(':'))?;
        Some(value.split_ascii_whitespace().collect::<Vec<_>>().join(" "))
    }

    /// A memory field of `/proc/PID/status` in bytes; none after the process exited.
    pub(super) fn memory(&self, field: &str) -> Option<u64> {
        let kib: u64 = self.status(field)?.strip_suffix(" kB")?.parse().ok()?;
        Some(kib * 1024)
    }

    /// Whether the process's root filesystem is mounted read-only.
    pub(super) fn root_is_read_only(&self) -> Option<bool> {
        let mounts = fs::read_to_string(self.proc_file("mountinfo")).ok()?;
        mounts.lines().find_map(|line| {
            let fields: Vec<_> = line.split(' ').collect();
            (fields.get(4) == Some(&"/"))
                .then(|| fields.get(5).is_some_and(|it| it.split(',').any(|it| it == "ro")))
        })
    }

    fn proc_file(&self, name: &str) -> PathBuf {
        Path::new("/proc").join(self.child.id().to_string()).join(name)
    }

    /// The exit code; none while the process runs.
    pub(super) fn exit_status(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    /// Sends the signal and waits for the process to exit; returns the time until then.
    pub(super) fn stop(&mut self, signal: Signal, timeout: Duration) -> Option<(ExitStatus, Duration)> {
        let started = Instant::now();
        // Fails if the process has exited already, which `poll` detects.
        let _ = kill_process(Pid::from_child(&self.child), signal);
        poll(timeout, MAX_POLL_INTERVAL, || self.exit_status()).map(|status| (status, started.elapsed()))
    }

    /// Standard output and standard error, interleaved.
    pub(super) fn output(&self) -> String {
        String::from_utf8_lossy(&self.read_output()).into_owned()
    }

    /// The last part of the output.
    pub(super) fn output_tail(&self) -> String {
        let bytes = self.read_output();
        let tail = bytes
            .get(bytes.len().saturating_sub(OUTPUT_TAIL)..)
            .unwrap_or_default();
        String::from_utf8_lossy(tail).into_owned()
    }

    fn read_output(&self) -> Vec<u8> {
        fs::read(&self.output_file).unwrap_or_default()
    }
}

impl Drop for Container {
    fn drop(&mut self) {
        // The process is the init of its PID namespace: the kernel kills the others.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The time of `CLOCK_MONOTONIC`, which is comparable between processes.
pub(super) fn monotonic_time() -> Duration {
    let now = clock_gettime(ClockId::Monotonic);
    Duration::try_from(now).unwrap_or_default()
}

/// Repeats `attempt` until it returns a value, or none after `timeout`; the interval grows from 1 ms to `max_interval`.
pub(super) fn poll<T>(
    timeout: Duration,
    max_interval: Duration,
    mut attempt: impl FnMut() -> Option<T>,
) -> Option<T> {
    let deadline = Instant::now() + timeout;
    let mut interval = Duration::from_millis(1);
    loop {
        if let Some(value) = attempt() {
            return Some(value);
        }
        if Instant::now() >= deadline {
            return None;
        }
        sleep(interval);
        interval = (interval * 2).min(max_interval);
    }
}
