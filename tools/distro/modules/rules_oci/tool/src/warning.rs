//! Warnings about layers that are accepted.

use std::fmt;
use std::path::Path;

use crate::tarball::RepeatedNames;

/// A doubtful property of a layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Warning {
    /// Names that occur more than once.
    RepeatedNames(RepeatedNames),
    /// An uncompressed tar that begins with the magic number of a compression.
    StartsLike(&'static str),
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RepeatedNames(names) => names.fmt(f),
            Self::StartsLike(kind) => write!(
                f,
                "the name of the first entry begins like {kind} data, and engines unpack the layer as such: \
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
