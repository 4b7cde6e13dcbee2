//! The signals that terminate a program.

use std::ffi::c_int;
use std::io::{self, Read};
use std::mem::MaybeUninit;
use std::os::unix::net::UnixStream;
use std::process::exit;
use std::ptr;
use std::thread;
use std::time::{Duration, Instant};

use chassis_telemetry::log;
use libc::{SIGINT, SIGTERM, SIGXFSZ, SIG_BLOCK, SIG_UNBLOCK};
use signal_hook_registry::register;

use crate::error::RunError;

/// Receives SIGTERM, SIGINT and [`FAILURE`]. Without handlers the kernel ignores both signals for process 1.
///
/// Does not use `tokio::signal`, which requires a runtime on the receiving thread.
pub(crate) struct Signals {
    receiver: UnixStream,
    sender: UnixStream,
}

/// Why a program stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StopReason {
    pub(crate) name: &'static str,
    /// For a signal 128 plus its number, as in a shell.
    pub(crate) exit_code: u8,
}

const TERMINATE: StopReason = StopReason {
    name: "SIGTERM",
    exit_code: 143,
};
const INTERRUPT: StopReason = StopReason {
    name: "SIGINT",
    exit_code: 130,
};
/// Sent by a [`FailureSender`].
pub(crate) const FAILURE: StopReason = StopReason {
    name: "failure",
    exit_code: 1,
};

/// Reports that a program stops without a signal.
pub(crate) struct FailureSender(UnixStream);

impl FailureSender {
    pub(crate) fn send(&self) {
        send(&self.0, FAILURE);
    }
}

impl Signals {
    /// Installs handlers. Signals wait until [`Self::watch`] is called.
    pub(crate) fn install() -> io::Result<Self> {
        // Blocked, because a signal would be lost between the installation of a handler and the registration of its action.
        mask(SIG_BLOCK)?;
        let (receiver, sender) = UnixStream::pair()?;
        sender.set_nonblocking(true)?;
        for (signal, reason) in [(SIGTERM, TERMINATE), (SIGINT, INTERRUPT)] {
            handle(signal, Some((sender.try_clone()?, reason)))?;
        }
        // With a handler, a write beyond the limit of file sizes (RLIMIT_FSIZE) fails with EFBIG. Without one, SIGXFSZ terminates
        // the process.
        handle(SIGXFSZ, None)?;
        // Unblocks them even if the parent blocked them: a process inherits its signal mask.
        mask(SIG_UNBLOCK)?;
        Ok(Self { receiver, sender })
    }

    pub(crate) fn failure_sender(&self) -> Result<FailureSender, RunError> {
        self.sender
            .try_clone()
            .map(FailureSender)
            .map_err(RunError::Signals)
    }

    /// Runs `watch` on a separate thread, because a service or a job may block the main thread. Then exits with the returned code.
    pub(crate) fn watch(self, watch: impl FnOnce(Self) -> u8 + Send + 'static) -> Result<(), RunError> {
        thread::Builder::new()
            .name("signals".into())
            .spawn(move || exit_immediately(watch(self)))
            .map_err(RunError::SignalThread)?;
        Ok(())
    }

    /// Waits for the next signal or failure.
    pub(crate) fn next(&mut self) -> StopReason {
        loop {
            if let Some(reason) = self.next_before(None) {
                return reason;
            }
        }
    }

    /// Waits for the next signal or failure, at most until `deadline`.
    pub(crate) fn next_before(&mut self, deadline: Option<Instant>) -> Option<StopReason> {
        let remaining = |deadline: Instant| deadline.saturating_duration_since(Instant::now());
        // `set_read_timeout` rejects zero.
        let timeout = deadline.map(|deadline| remaining(deadline).max(Duration::from_millis(1)));
        self.receiver.set_read_timeout(timeout).ok()?;
        let mut exit_code = [0];
        self.receiver.read_exact(&mut exit_code).ok()?;
        let reasons = [TERMINATE, INTERRUPT, FAILURE];
        reasons.into_iter().find(|reason| [reason.exit_code] == exit_code)
    }
}

fn send(sender: &UnixStream, reason: StopReason) {
    let _ = rustix::io::write(sender, &[reason.exit_code]);
}

/// Adds a handler, which sends a reason or does nothing.
#[expect(unsafe_code, reason = "the standard library has no function for it")]
fn handle(signal: c_int, message: Option<(UnixStream, StopReason)>) -> io::Result<()> {
    let handler = move || {
        if let Some((sender, reason)) = &message {
            send(sender, *reason);
        }
    };
    // SAFETY: the handler only calls `write(2)`, without `errno`, which is async-signal-safe (`signal-safety(7)`).
    unsafe { register(signal, handler) }?;
    Ok(())
}

/// Blocks or unblocks SIGTERM and SIGINT for the current thread and those that it starts.
#[expect(unsafe_code, reason = "the standard library has no function for it")]
fn mask(how: c_int) -> io::Result<()> {
    let mut set = MaybeUninit::uninit();
    // SAFETY: `sigemptyset` initializes the set that the other functions use.
    let error = unsafe {
        libc::sigemptyset(set.as_mut_ptr());
        for signal in [SIGTERM, SIGINT] {
            libc::sigaddset(set.as_mut_ptr(), signal);
        }
        libc::pthread_sigmask(how, set.as_ptr(), ptr::null_mut())
    };
    match error {
        0 => Ok(()),
        error => Err(io::Error::from_raw_os_error(error)),
    }
}

#[expect(clippy::disallowed_methods, reason = "the main thread may be blocked")]
fn exit_immediately(code: u8) {
    log::flush(code);
    exit(code.into());
}
