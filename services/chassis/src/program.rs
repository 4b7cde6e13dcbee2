//! Output to the terminal before the log starts: help, version and errors.

use std::fmt::Display;
use std::io::{self, Write};
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::process::ExitCode;

use chassis_env::Env;
use chassis_http::raise_descriptor_limit;
use chassis_telemetry::{log, Panicked};

use crate::error::RunError;
use crate::signals::Signals;

/// `EX_USAGE` of sysexits.h: invalid arguments or environment, which a restart does not fix.
const EX_USAGE: u8 = 64;

/// The name and the version of a program.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Program {
    pub(crate) name: &'static str,
    pub(crate) version: &'static str,
}

impl Program {
    pub(crate) fn print_version(self) -> ExitCode {
        self.print(&format!("{} {}\n", self.name, self.version))
    }

    /// Prints `usage`, one command per line, and the variables that `read` reads.
    pub(crate) fn print_help<S>(self, usage: &str, read: impl FnOnce(&mut Env) -> S) -> ExitCode {
        let Self { name, version } = self;
        let table = chassis_env::help(read);
        self.print(&format!(
            "{name} {version}\n\n\
             {usage}\
             {name} --version\n\
             {name} --help\n\n\
             environment variables with their defaults:\n{table}"
        ))
    }

    #[expect(clippy::disallowed_methods, reason = "printed before the log starts")]
    fn print(self, text: &str) -> ExitCode {
        match io::stdout().write_all(text.as_bytes()) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => self.fail(format_args!("cannot write: {error}")),
        }
    }

    /// Reports a usage error and names the command that prints the usage.
    pub(crate) fn fail_with_usage(self, error: impl Display) -> ExitCode {
        self.fail_with(EX_USAGE, format_args!("{error}\n  {} --help", self.name))
    }

    /// Reads variables and passes them and a warning for each ignored one to `run`. Writes the rest of the log. Returns the exit code,
    /// or reports the error.
    pub(crate) fn run<S>(
        self,
        read: impl FnOnce(&mut Env) -> S,
        run: impl FnOnce(S, &[String], Signals) -> Result<u8, RunError>,
    ) -> ExitCode {
        if let Err(error) = raise_descriptor_limit() {
            return self.fail(error);
        }
        // Installed first, because reading a secret may take seconds, during which the kernel would ignore signals of process 1.
        let signals = match Signals::install() {
            Ok(signals) => signals,
            Err(error) => return self.fail(RunError::Signals(error)),
        };
        match self.read_env(read) {
            Ok((settings, warnings)) => self.finish(|| run(settings, &warnings, signals)),
            Err(code) => code,
        }
    }

    /// Reads variables, or reports all invalid ones. Returns also a warning for each ignored variable.
    pub(crate) fn read_env<S>(self, read: impl FnOnce(&mut Env) -> S) -> Result<(S, Vec<String>), ExitCode> {
        chassis_env::from_process(read).map_err(|errors| {
            let errors = errors.join(&format!("\n{}: ", self.name));
            self.fail_with_usage(errors)
        })
    }

    fn finish(self, run: impl FnOnce() -> Result<u8, RunError>) -> ExitCode {
        // Unwind safe because the process exits. The panic is caught so that its log line is written.
        let result = catch_unwind(AssertUnwindSafe(run)).unwrap_or(Err(RunError::Panicked(Panicked)));
        log::flush(*result.as_ref().unwrap_or(&1));
        match result {
            Ok(code) => ExitCode::from(code),
            Err(error) => self.fail(error),
        }
    }

    /// Reports an error that a restart may fix.
    pub(crate) fn fail(self, error: impl Display) -> ExitCode {
        self.fail_with(1, error)
    }

    fn fail_with(self, code: u8, error: impl Display) -> ExitCode {
        log::write_stderr(format!("{}: {error}\n", self.name).as_bytes());
        ExitCode::from(code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panics_exit_with_1() {
        let program = Program {
            name: "test",
            version: "1",
        };
        let code = program.finish(|| panic!("requested panic"));
        assert_eq!(code, ExitCode::from(1));
    }
}
