//! Adds the crate list to a program and strips its symbols; see `link_tool --help`.

#![forbid(unsafe_code)]

use std::io::{self, Write};
use std::process::ExitCode;

fn main() -> ExitCode {
    match link_tool::run(std::env::args_os(), &mut io::stdout().lock()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "link_tool: {error}");
            ExitCode::from(error.exit_code())
        }
    }
}
