//! `all`: several checks as one, each in a process of its own, since `boot` changes the one that it runs in.

use std::env;
use std::ffi::{OsStr, OsString};
use std::io::Write;
use std::process::Command;

use crate::Error;

/// What parts one check's arguments from the next one's.
const SEPARATOR: &str = "--";

/// Runs all of them, whatever the first ones say; the last line names each with its outcome.
pub(crate) fn run(arguments: &[OsString], out: &mut dyn Write) -> Result<bool, Error> {
    let program =
        env::current_exe().map_err(|error| Error::failed(format!("cannot find this program: {error}")))?;
    let (mut outcomes, mut passed) = (Vec::new(), true);
    for check in arguments.split(|argument| argument == OsStr::new(SEPARATOR)) {
        let [name, ..] = check else {
            return Err(Error::Usage(format!(
                "a subcommand is missing beside {SEPARATOR}"
            )));
        };
        let name = name.display();
        // What the check writes comes after what was written before.
        out.flush()?;
        let status = Command::new(&program)
            .args(check)
            .status()
            .map_err(|error| Error::failed(format!("cannot run {name}: {error}")))?;
        let outcome = match status.code() {
            Some(0) => "ok",
            Some(1) => "FAILED",
            _ => return Err(Error::Usage(format!("{name} came to no verdict: {status}"))),
        };
        passed &= status.success();
        outcomes.push(format!("{name} {outcome}"));
        writeln!(out)?;
    }
    writeln!(out, "{}", outcomes.join(", "))?;
    Ok(passed)
}
