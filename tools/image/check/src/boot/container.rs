//! The service's process, from the outside.

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

const SET_UP: Duration = Duration::from_mins(1);
/// Between attempts that cost the program time.
pub(super) const LONGEST_PAUSE: Duration = Duration::from_millis(20);
/// Between samples of a program that may end at any moment.
pub(super) const FINE_PAUSE: Duration = Duration::from_millis(1);
const LOG_TAIL: usize = 4096;

/// A directory that is gone when this is.
pub(super) struct Scratch(PathBuf);

impl Scratch {
    pub(super) fn new() -> Result<Self, String> {
        let parent = std::env::var_os("TEST_TMPDIR").map_or_else(std::env::temp_dir, PathBuf::from);
        let dir = parent.join(format!("image-check.{}", std::process::id()));
        fs::create_dir_all(dir.join("root"))
            .map_err(|error| format!("cannot make {}: {error}", dir.display()))?;
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

/// A running service, killed with all its children when this is dropped.
pub(super) struct Container {
    child: Child,
    log: PathBuf,
    /// How /proc came to be.
    pub(super) proc: String,
    /// When the init half had made all and was about to become the service, by [`clock`].
    pub(super) started: Duration,
}

impl Container {
    /// Starts the init half in the namespaces at hand and waits until it has become the service.
    pub(super) fn start(plan: &Plan, scratch: &Scratch) -> Result<Self, String> {
        let log = scratch.join("log");
        let text = |error: std::io::Error| format!("cannot start the init process: {error}");
        let file = File::create(&log).map_err(text)?;
        let (mut socket, theirs) = UnixStream::pair().map_err(text)?;
        let child = Command::new("/proc/self/exe")
            .arg(super::INIT)
            .stdin(OwnedFd::from(theirs))
            .stdout(file.try_clone().map_err(text)?)
            .stderr(file)
            .spawn()
            .map_err(text)?;
        let mut container = Self {
            child,
            log,
            proc: String::new(),
            started: Duration::ZERO,
        };
        let json = serde_json::to_vec(plan).map_err(|error| error.to_string())?;
        socket.set_read_timeout(Some(SET_UP)).map_err(text)?;
        socket.write_all(&json).map_err(text)?;
        socket.shutdown(Shutdown::Write).map_err(text)?;
        let mut replies = Vec::new();
        socket.read_to_end(&mut replies).map_err(text)?;
        for reply in serde_json::Deserializer::from_slice(&replies).into_iter() {
            match reply {
                Ok(Reply::Ready { proc, at }) => (container.proc, container.started) = (proc, at),
                Ok(Reply::Failed(error)) => return Err(error),
                Err(error) => return Err(format!("the init process sent no reply: {error}")),
            }
        }
        Ok(container)
    }

    /// A field of the process's status, as the kernel formats it.
    pub(super) fn status(&self, field: &str) -> Option<String> {
        let status = fs::read_to_string(self.proc_file("status")).ok()?;
        let value = status
            .lines()
            .find_map(|line| line.strip_prefix(field)?.strip_prefix(':'))?;
        Some(value.split_ascii_whitespace().collect::<Vec<_>>().join(" "))
    }

    /// A field of the process's status that is an amount of memory, in bytes; none once it has ended.
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

    /// How the process ended, if it has.
    pub(super) fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    /// Sends the signal and waits for the end; the time that took.
    pub(super) fn stop(&mut self, signal: Signal, timeout: Duration) -> Option<(ExitStatus, Duration)> {
        let started = Instant::now();
        // If it is gone already, the loop below says so.
        let _ = kill_process(Pid::from_child(&self.child), signal);
        poll(timeout, LONGEST_PAUSE, || self.ended()).map(|status| (status, started.elapsed()))
    }

    /// Standard output and standard error, in the order in which they were written.
    pub(super) fn output(&self) -> String {
        String::from_utf8_lossy(&self.written()).into_owned()
    }

    /// The end of the output.
    pub(super) fn log(&self) -> String {
        let bytes = self.written();
        let tail = bytes
            .get(bytes.len().saturating_sub(LOG_TAIL)..)
            .unwrap_or_default();
        String::from_utf8_lossy(tail).into_owned()
    }

    fn written(&self) -> Vec<u8> {
        fs::read(&self.log).unwrap_or_default()
    }
}

impl Drop for Container {
    fn drop(&mut self) {
        // It is the init of its process namespace: the kernel kills the rest.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The time on a clock that all processes of the machine share: a process that is run late can't tell by its own when
/// another one started.
pub(super) fn clock() -> Duration {
    let now = clock_gettime(ClockId::Monotonic);
    Duration::try_from(now).unwrap_or_default()
}

/// Tries until there is a value or the time is up, in pauses that grow from 1 ms to `longest_pause`.
pub(super) fn poll<T>(
    timeout: Duration,
    longest_pause: Duration,
    mut attempt: impl FnMut() -> Option<T>,
) -> Option<T> {
    let deadline = Instant::now() + timeout;
    let mut pause = Duration::from_millis(1);
    loop {
        if let Some(value) = attempt() {
            return Some(value);
        }
        if Instant::now() >= deadline {
            return None;
        }
        sleep(pause);
        pause = (pause * 2).min(longest_pause);
    }
}
