//! The same on the chassis, with the allocator that the chassis gives.

#![forbid(unsafe_code)]

use std::convert::Infallible;
use std::process::ExitCode;

use chassis::Service;

fn main() -> ExitCode {
    Service::new("on_chassis", env!("CARGO_PKG_VERSION")).run(
        |_| (),
        |()| async { Ok::<_, Infallible>(bench_servers::router()) },
    )
}
