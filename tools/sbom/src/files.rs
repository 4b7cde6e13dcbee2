//! Files, with errors that name them.

use std::fs;
use std::path::Path;

use serde::de::DeserializeOwned;

use crate::Error;

pub(crate) fn read(path: &Path) -> Result<Vec<u8>, Error> {
    fs::read(path).map_err(|source| Error::File {
        what: "read",
        path: path.to_owned(),
        source,
    })
}

pub(crate) fn write(path: &Path, content: impl AsRef<[u8]>) -> Result<(), Error> {
    fs::write(path, content).map_err(|source| Error::File {
        what: "write",
        path: path.to_owned(),
        source,
    })
}

pub(crate) fn make_dir(path: &Path) -> Result<(), Error> {
    fs::create_dir_all(path).map_err(|source| Error::File {
        what: "make",
        path: path.to_owned(),
        source,
    })
}

pub(crate) fn json<T: DeserializeOwned>(path: &Path) -> Result<T, Error> {
    serde_json::from_slice(&read(path)?).map_err(|error| content(path, error.to_string()))
}

pub(crate) fn toml<T: DeserializeOwned>(path: &Path) -> Result<T, Error> {
    basic_toml::from_slice(&read(path)?).map_err(|error| content(path, error.to_string()))
}

pub(crate) fn content(path: &Path, problem: impl Into<String>) -> Error {
    Error::Content {
        path: path.to_owned(),
        problem: problem.into(),
    }
}

/// JSON as it is written to a file: sorted keys, indented, ended by a newline.
pub(crate) fn pretty(value: &serde_json::Value) -> String {
    format!("{value:#}\n")
}

/// Sets a field of an object.
pub(crate) fn set(object: &mut serde_json::Value, field: &str, value: serde_json::Value) {
    if let Some(object) = object.as_object_mut() {
        object.insert(field.to_owned(), value);
    }
}
