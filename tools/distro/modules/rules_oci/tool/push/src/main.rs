//! The command line of the push tool.

#![forbid(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    oci_tool::options::exit_code(oci_push::commands::run(std::env::args_os().skip(1)))
}
