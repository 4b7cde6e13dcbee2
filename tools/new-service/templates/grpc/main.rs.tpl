//! The service {{name}}.

#![forbid(unsafe_code)]

use std::convert::Infallible;
use std::process::ExitCode;

use chassis::Service;

use {{crate}}::app;

chassis::allocator!();

fn main() -> ExitCode {
    let service = Service::new("{{name}}", env!("CARGO_PKG_VERSION"));
    service.run(|_| (), |()| async { Ok::<_, Infallible>(app()) })
}
