//! Image layers: reproducible tar.gz archives of files, directories and symbolic links.
//!
//! Every image waits for this crate, so it derives nothing: a proc macro would more than double what is compiled for it.

#![forbid(unsafe_code)]

mod archive;
mod error;
mod spec;

use std::path::Path;

pub use error::Error;

/// Writes the layer that the file `spec` describes to the file `output`.
///
/// # Errors
///
/// A file that can't be read or written, or a spec that is invalid; each names the file.
pub fn write_layer(spec: &Path, output: &Path) -> Result<(), Error> {
    archive::write(&spec::read(spec)?, output)
}
