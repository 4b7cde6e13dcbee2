//! Warnings about layers that are accepted.

use std::fmt;
use std::path::Path;

use crate::tarball::RepeatedNames;

/// A property of a layer that some engines reject or misread.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Warning {
    /// Several entries have one name.
    RepeatedNames(RepeatedNames),
    /// An uncompressed tar begins with the magic number of a compression.
    CompressionMagic(&'static str),
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RepeatedNames(names) => names.fmt(f),
            Self::CompressionMagic(kind) => write!(
                f,
                "the first entry's name begins with the magic number of {kind}, and engines unpack the layer as {kind}: \
                 compress it with gzip, or write another entry first"
            ),
        }
    }
}

/// Prints the warnings about a layer to standard error.
pub fn print(target: &str, layer: &Path, warnings: &[Warning]) {
    let target = match target {
        "" => String::new(),
        _ => format!("{target}: "),
    };
    for warning in warnings {
        eprintln!("warning: {target}{}: {warning}", layer.display());
    }
}
