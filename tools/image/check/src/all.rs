//! `all`: several checks in one run, each in a separate process because `boot` changes its process's namespaces.

use std::env;
use std::ffi::{OsStr, OsString};
use std::io::Write;
use std::process::Command;

use crate::Error;

/// Separates the arguments of two checks.
const SEPARATOR: &str = "--";

/// Runs every check, also after a failure; the last line lists the outcomes.
pub(crate) fn run(arguments: &[OsString], out: &mut dyn Write) -> Result<bool, Error> {
    let program = env::current_exe()
        .map_err(|error| Error::failed(format!("cannot find the path of image_check: {error}")))?;
    let (mut outcomes, mut passed) = (Vec::new(), true);
    for check in arguments.split(|argument| argument == OsStr::new(SEPARATOR)) {
        let [name, ..] = check else {
            return Err(Error::Usage(format!(
                "missing subcommand before or after {SEPARATOR:?}"
            )));
        };
        let name = name.display();
        // The check writes to the same file descriptor.
        out.flush()?;
        let status = Command::new(&program)
            .args(check)
            .status()
            .map_err(|error| Error::failed(format!("cannot run {name}: {error}")))?;
        let outcome = match status.code() {
            Some(0) => "ok",
            Some(1) => "FAILED",
            code => {
                let message = format!("{name} did not complete: {status}");
                return Err(match code {
                    Some(64) => Error::Usage(message),
                    _ => Error::Input(message),
                });
            }
        };
        passed &= status.success();
        outcomes.push(format!("{name} {outcome}"));
        writeln!(out)?;
    }
    writeln!(out, "{}", outcomes.join(", "))?;
    Ok(passed)
}
