//! The subcommands. Each parses its options and calls the library.

mod cosign;
mod push;

use std::ffi::OsString;

use oci_tool::error::{Problem, Result};
use oci_tool::options::Options;

const HELP: &str = "\
Pushes OCI images to registries.

usage: oci-push COMMAND OPTION...

  push    pushes an image or an index to a registry
  cosign  runs cosign to sign or attest a pushed image
";

/// Runs the subcommand that the arguments name.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> Result<()> {
    let mut arguments = arguments.into_iter();
    let Some(command) = arguments.next() else {
        return Err(Problem::Usage("missing argument COMMAND".into()).into());
    };
    match command.to_str() {
        Some("push") => push::run(Options::new(arguments)?),
        Some("cosign") => cosign::run(arguments),
        Some("help" | "--help" | "-h") => {
            print!("{HELP}");
            Ok(())
        }
        _ => {
            let command = command.to_string_lossy();
            Err(Problem::Usage(format!("unknown command {command:?}")).into())
        }
    }
}
