//! The signals that end a service.

use std::io;

use tokio::signal::unix::{signal, Signal, SignalKind};

/// SIGTERM and SIGINT. Taken explicitly, they work for process 1 too, which the kernel spares otherwise.
pub(crate) struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

/// A signal that came.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Caught {
    pub(crate) name: &'static str,
    /// As a shell tells it: 128 and the signal's number.
    pub(crate) exit_code: u8,
}

impl Signals {
    #[expect(clippy::disallowed_methods, reason = "the one place that receives signals")]
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    pub(crate) async fn next(&mut self) -> Caught {
        tokio::select! {
            _ = self.terminate.recv() => Caught { name: "SIGTERM", exit_code: 143 },
            _ = self.interrupt.recv() => Caught { name: "SIGINT", exit_code: 130 },
        }
    }
}
