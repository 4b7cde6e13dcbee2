//! The command line of the image tool.

#![forbid(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    oci_tool::options::exit_code(oci_tool::commands::run(std::env::args_os().skip(1)))
}
