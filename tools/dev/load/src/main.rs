//! `load`: measures a service under load; see `load --help`.

#![forbid(unsafe_code)]

use std::env;
use std::io::{self, Write};
use std::process::ExitCode;

use load::Error;

const EX_USAGE: u8 = 64;

fn main() -> ExitCode {
    match load::run(env::args_os(), &mut io::stdout()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            let _ = writeln!(io::stderr(), "load: {error}");
            ExitCode::from(if matches!(error, Error::Usage(_)) {
                EX_USAGE
            } else {
                1
            })
        }
    }
}
