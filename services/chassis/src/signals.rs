//! The signals that terminate a program.

use std::io;

use tokio::signal::unix::{signal, Signal, SignalKind};

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
    #[expect(clippy::disallowed_methods, reason = "the one place that receives signals")]
    pub(crate) fn new() -> io::Result<Self> {
        // With a handler, a write beyond the limit of file sizes (RLIMIT_FSIZE) fails with EFBIG. Without it, SIGXFSZ terminates
        // the process.
        let xfsz = SignalKind::from_raw(rustix::process::Signal::XFSZ.as_raw());
        drop(signal(xfsz)?);
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    pub(crate) async fn next(&mut self) -> ReceivedSignal {
        tokio::select! {
            _ = self.terminate.recv() => ReceivedSignal { name: "SIGTERM", exit_code: 143 },
            _ = self.interrupt.recv() => ReceivedSignal { name: "SIGINT", exit_code: 130 },
        }
    }
}
