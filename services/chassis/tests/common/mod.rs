//! Starts the fixture service.

#![allow(dead_code, unreachable_pub)]

use std::process::{Command, Output};

use test_support::{service_command, Program};

/// Absolute with cargo; relative to the runfiles, a test's working directory, with Bazel.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_fixture");

/// The fixture's command, with only these variables and the defaults of tests.
pub fn command(variables: &[(&str, &str)]) -> Command {
    service_command(PROGRAM, variables)
}

/// Starts the fixture and waits until it listens.
pub fn start(variables: &[(&str, &str)]) -> Program {
    Program::start(&mut command(variables))
}

/// Runs the fixture until it exits.
pub fn output(arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    command(variables).args(arguments).output().unwrap()
}
