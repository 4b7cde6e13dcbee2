//! Image layers: reproducible tar.gz archives of files, directories and symbolic links.
//!
//! Every image build compiles this crate first, so it has no proc macros: they would more than double the compilation.

#![forbid(unsafe_code)]

mod archive;
mod error;
mod spec;

use std::path::Path;

pub use error::Error;

/// Writes the layer described by the file `spec` to the file `output`.
///
/// # Errors
///
/// If a file cannot be read or written, or the spec is invalid.
pub fn write_layer(spec: &Path, output: &Path) -> Result<(), Error> {
    archive::write(&spec::read(spec)?, output)
}
