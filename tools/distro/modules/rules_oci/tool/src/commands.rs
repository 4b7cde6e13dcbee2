//! The subcommands. Each parses its options and calls the library.

mod base;
mod digest;
mod image;
mod index;
mod layer;
mod layout;
mod load;

use std::ffi::OsString;

use crate::error::{Problem, Result};
use crate::options::Options;

const HELP: &str = "\
Assembles OCI images.

usage: oci-tool COMMAND OPTION...
       oci-tool COMMAND @FILE        (options from a file, one argument per line)

  layer    describes a tar as a layer of an image
  image    assembles an image from a base, layers and settings
  index    assembles an image index from images
  digest   writes the digest of an image or an index
  base     composes a base image's layer from Debian packages
  layout   creates a layout from files pulled from a registry
  tarball  writes the archive that a container engine loads
  load     loads that archive into a container engine
";

/// Runs the subcommand that the arguments name.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> Result<()> {
    let mut arguments = arguments.into_iter();
    let Some(command) = arguments.next() else {
        return Err(Problem::Usage("missing argument COMMAND".into()).into());
    };
    let options = Options::new(arguments)?;
    match command.to_str() {
        Some("layer") => layer::run(options),
        Some("image") => image::run(options),
        Some("index") => index::run(options),
        Some("digest") => digest::run(options),
        Some("base") => base::run(options),
        Some("layout") => layout::run(options),
        Some("tarball") => load::run_tarball(options),
        Some("load") => load::run_load(options),
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
