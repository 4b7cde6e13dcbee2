//! `digest`: the digest of a layout's only entry.

use std::fs;
use std::path::PathBuf;

use oci_layout::Layout;

use crate::Error;

pub(crate) struct Options {
    pub(crate) layout: PathBuf,
    pub(crate) output: PathBuf,
}

pub(crate) fn run(options: &Options) -> Result<bool, Error> {
    let entry = Layout::open(&options.layout).entry(None)?;
    fs::write(&options.output, entry.digest + "\n")
        .map_err(|error| Error::failed(format!("cannot write {}: {error}", options.output.display())))?;
    Ok(true)
}
