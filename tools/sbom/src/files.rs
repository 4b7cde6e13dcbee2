//! File access with errors that name the file.

use std::fs;
use std::path::Path;

use serde::de::DeserializeOwned;

use crate::Error;

pub(crate) fn read(path: &Path) -> Result<Vec<u8>, Error> {
    fs::read(path).map_err(|source| Error::File {
        action: "read",
        path: path.to_owned(),
        source,
    })
}

pub(crate) fn write(path: &Path, content: impl AsRef<[u8]>) -> Result<(), Error> {
    fs::write(path, content).map_err(|source| Error::File {
        action: "write",
        path: path.to_owned(),
        source,
    })
}

pub(crate) fn create_dir(path: &Path) -> Result<(), Error> {
    fs::create_dir_all(path).map_err(|source| Error::File {
        action: "create",
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

/// Indented JSON with sorted keys and a final newline.
pub(crate) fn pretty(value: &serde_json::Value) -> String {
    format!("{value:#}\n")
}

/// Sets a field of an object.
pub(crate) fn set(object: &mut serde_json::Value, field: &str, value: serde_json::Value) {
    if let Some(object) = object.as_object_mut() {
        object.insert(field.to_owned(), value);
    }
}
