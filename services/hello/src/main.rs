//! The hello service.

#![forbid(unsafe_code)]

use std::convert::Infallible;
use std::process::ExitCode;

use chassis::Service;

chassis::allocator!();

fn main() -> ExitCode {
    Service::new("hello", env!("CARGO_PKG_VERSION"))
        .port(8888)
        .run(|_| (), |()| async { Ok::<_, Infallible>(hello::app()) })
}
