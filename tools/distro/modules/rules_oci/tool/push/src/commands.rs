//! The subcommands: each reads its options and calls the library.

mod cosign;
mod push;

use std::ffi::OsString;

use oci_tool::error::{Problem, Result};
use oci_tool::options::Options;

const HELP: &str = "\
Sends OCI images to registries.

usage: oci-push COMMAND OPTION...

  push    sends an image or an index to a registry
  cosign  signs or attests what was pushed, by cosign
";

/// Runs the subcommand that the arguments name.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> Result<()> {
    let mut arguments = arguments.into_iter();
    let Some(command) = arguments.next() else {
        return Err(Problem::Usage("a command is missing".into()).into());
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
            Err(Problem::Usage(format!("there is no command {command:?}")).into())
        }
    }
}
