//! Checks of an image; see `image_check --help`.

#![forbid(unsafe_code)]

use std::io::{self, Write};
use std::process::ExitCode;

fn main() -> ExitCode {
    match image_check::run(std::env::args_os(), &mut io::stdout().lock()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            let _ = writeln!(io::stderr(), "image_check: {error}");
            ExitCode::from(error.exit_code())
        }
    }
}
