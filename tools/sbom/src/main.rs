//! SBOMs of an image; see `sbom --help`.

#![forbid(unsafe_code)]

use std::io::{self, Write};
use std::process::ExitCode;

fn main() -> ExitCode {
    match sbom::run(std::env::args_os(), &mut io::stdout().lock()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            let _ = writeln!(io::stderr(), "sbom: {error}");
            ExitCode::from(error.exit_code())
        }
    }
}
