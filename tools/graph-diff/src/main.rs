//! Lists the Bazel targets that a change affects: `tools/affected BASE`.

#![forbid(unsafe_code)]

use std::env;
use std::io::{self, Write};
use std::process::ExitCode;

fn main() -> ExitCode {
    match graph_diff::run(env::args_os().skip(1), &mut io::stdout().lock()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "affected: error: {error}");
            ExitCode::from(error.exit_code())
        }
    }
}
