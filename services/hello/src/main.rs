//! The hello service.

#![forbid(unsafe_code)]

use std::io::{self, Write};
use std::process::ExitCode;

use hello::{app, serve, Config};

/// `EX_USAGE` of sysexits.h: the environment is wrong, starting again won't help.
const EX_USAGE: u8 = 64;

// One worker a core: the single-threaded runtime is 74 kB smaller, and leaves every core but one idle.
#[tokio::main]
async fn main() -> ExitCode {
    let config = match Config::from_env() {
        Ok(config) => config,
        Err(error) => return fail(EX_USAGE, &error),
    };
    match serve(app(), config.addr).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(1, &error),
    }
}

fn fail(code: u8, error: &dyn std::error::Error) -> ExitCode {
    let _ = writeln!(io::stderr(), "hello: {error}");
    ExitCode::from(code)
}
