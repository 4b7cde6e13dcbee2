//! The quota service.

#![forbid(unsafe_code)]

use std::convert::Infallible;
use std::process::ExitCode;

use chassis::Service;
use quota::{app, Settings};

chassis::allocator!();

fn main() -> ExitCode {
    Service::new("quota", env!("CARGO_PKG_VERSION"))
        .port(50051)
        .run(Settings::read, |settings| async move {
            Ok::<_, Infallible>(app(settings))
        })
}
