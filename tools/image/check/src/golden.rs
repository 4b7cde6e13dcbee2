//! Files that are checked in and say what an image should be: read by a gate, written by `--update`.

use std::env;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::Error;

/// The text of a golden file; empty if it is to be written and isn't there yet.
pub(crate) fn read(path: &Path, update: bool) -> Result<String, Error> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(text),
        Err(error) if update && error.kind() == ErrorKind::NotFound => Ok(String::new()),
        Err(source) => Err(Error::Read {
            path: path.to_owned(),
            source,
        }),
    }
}

/// Writes a golden file where `bazel run` was called, not into the runfiles; gives its path.
pub(crate) fn write(path: &Path, text: &str) -> Result<PathBuf, Error> {
    let path = env::var_os("BUILD_WORKSPACE_DIRECTORY")
        .map_or_else(|| path.to_owned(), |workspace| Path::new(&workspace).join(path));
    // Beside it and renamed, so that what is there is the old text or the new one.
    let mut aside = path.clone().into_os_string();
    aside.push(".new");
    fs::write(&aside, text)
        .and_then(|()| fs::rename(&aside, &path))
        .map_err(|error| Error::failed(format!("cannot write {}: {error}", path.display())))?;
    Ok(path)
}
