//! The command line of the tool for registries.

#![forbid(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    oci_tool::options::exit(oci_push::commands::run(std::env::args_os().skip(1)))
}
