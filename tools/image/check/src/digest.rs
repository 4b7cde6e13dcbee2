//! `digest`: of the image, or the image index, that a layout holds.

use std::fs;
use std::path::PathBuf;

use crate::layout::root;
use crate::Error;

/// What the command line says.
pub(crate) struct Options {
    pub(crate) layout: PathBuf,
    pub(crate) output: PathBuf,
}

pub(crate) fn run(options: &Options) -> Result<bool, Error> {
    let digest = root(&options.layout)?.digest;
    fs::write(&options.output, digest + "\n")
        .map_err(|error| Error::failed(format!("cannot write {}: {error}", options.output.display())))?;
    Ok(true)
}
