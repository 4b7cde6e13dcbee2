//! File access with errors that name the file.

use std::fs;
use std::path::Path;

use crate::Error;

pub(crate) fn read(path: &Path) -> Result<Vec<u8>, Error> {
    fs::read(path).map_err(|source| Error::File {
        action: "read",
        path: path.to_owned(),
        source,
    })
}

pub(crate) fn read_text(path: &Path) -> Result<String, Error> {
    String::from_utf8(read(path)?).map_err(|error| content(path, format!("not UTF-8: {error}")))
}

pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    fs::write(path, bytes).map_err(|source| Error::File {
        action: "write",
        path: path.to_owned(),
        source,
    })
}

pub(crate) fn content(path: &Path, problem: impl Into<String>) -> Error {
    Error::Content {
        path: path.to_owned(),
        problem: problem.into(),
    }
}
