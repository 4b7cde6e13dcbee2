//! The signals that terminate a program.

use std::future::Future;
use std::io;
use std::mem::MaybeUninit;
use std::process::exit;
use std::ptr;
use std::thread;

use chassis_http::new_runtime;
use chassis_telemetry::log;
use tokio::signal::unix::{signal, Signal, SignalKind};

use crate::error::RunError;

/// Handlers of SIGTERM and SIGINT. Without them the kernel ignores both signals for process 1.
pub(crate) struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct ReceivedSignal {
    pub(crate) name: &'static str,
    /// 128 plus the signal's number, as in a shell.
    pub(crate) exit_code: u8,
}

impl Signals {
    /// Runs `watch` on a separate thread, because a service or a job may block the main thread. Then exits with the returned code.
    pub(crate) fn watch<F>(watch: impl FnOnce(Self) -> F + Send + 'static) -> Result<(), RunError>
    where
        F: Future<Output = u8>,
    {
        let runtime = new_runtime().map_err(RunError::Runtime)?;
        // Installed here rather than on the thread, so that no signal is lost before the program starts.
        let signals = runtime.block_on(async { Self::install() });
        let signals = signals.map_err(RunError::Signals)?;
        thread::Builder::new()
            .name("signals".into())
            .spawn(move || exit_immediately(runtime.block_on(watch(signals))))
            .map_err(RunError::Signals)?;
        Ok(())
    }

    #[expect(clippy::disallowed_methods, reason = "the one place that receives signals")]
    fn install() -> io::Result<Self> {
        // With a handler, a write beyond the limit of file sizes (RLIMIT_FSIZE) fails with EFBIG. Without it, SIGXFSZ terminates
        // the process.
        let xfsz = SignalKind::from_raw(rustix::process::Signal::XFSZ.as_raw());
        drop(signal(xfsz)?);
        let (terminate, interrupt) = (SignalKind::terminate(), SignalKind::interrupt());
        let signals = Self {
            terminate: signal(terminate)?,
            interrupt: signal(interrupt)?,
        };
        // With the handlers installed, a signal that is pending is received.
        unblock([terminate, interrupt])?;
        Ok(signals)
    }

    pub(crate) async fn next(&mut self) -> ReceivedSignal {
        tokio::select! {
            _ = self.terminate.recv() => ReceivedSignal { name: "SIGTERM", exit_code: 143 },
            _ = self.interrupt.recv() => ReceivedSignal { name: "SIGINT", exit_code: 130 },
        }
    }
}

/// Unblocks signals for the current thread and those that it starts. A process inherits the mask of its parent.
#[expect(
    unsafe_code,
    reason = "neither the standard library nor rustix has a safe function"
)]
fn unblock(signals: [SignalKind; 2]) -> io::Result<()> {
    let mut set = MaybeUninit::uninit();
    // SAFETY: `sigemptyset` initializes the set that the other functions use.
    let error = unsafe {
        libc::sigemptyset(set.as_mut_ptr());
        for signal in signals {
            libc::sigaddset(set.as_mut_ptr(), signal.as_raw_value());
        }
        libc::pthread_sigmask(libc::SIG_UNBLOCK, set.as_ptr(), ptr::null_mut())
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
