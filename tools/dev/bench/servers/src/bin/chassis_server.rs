//! The router of `bare_axum` on the chassis, with its allocator.

#![forbid(unsafe_code)]

use std::convert::Infallible;
use std::process::ExitCode;

use chassis::Service;

chassis::allocator!();

fn main() -> ExitCode {
    Service::new("chassis_server", env!("CARGO_PKG_VERSION")).run(
        |_| (),
        |()| async { Ok::<_, Infallible>(bench_servers::router()) },
    )
}
