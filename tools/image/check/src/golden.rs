//! Golden files: the committed expectations of a gate, which `--update` writes.

use std::env;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::Error;

/// The text of a golden file; empty if `update` is set and the file does not exist or is not UTF-8.
pub(crate) fn read(path: &Path, update: bool) -> Result<String, Error> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(text),
        Err(error) if update && matches!(error.kind(), ErrorKind::NotFound | ErrorKind::InvalidData) => {
            Ok(String::new())
        }
        Err(source) => Err(Error::Read {
            path: path.to_owned(),
            source,
        }),
    }
}

/// Writes a golden file and returns its path. Under `bazel run` the path is relative to the workspace, not to the
/// runfiles.
pub(crate) fn write(path: &Path, text: &str) -> Result<PathBuf, Error> {
    let path = env::var_os("BUILD_WORKSPACE_DIRECTORY")
        .map_or_else(|| path.to_owned(), |workspace| Path::new(&workspace).join(path));
    // Renaming is atomic: the file never has a part of the text.
    let mut temporary = path.clone().into_os_string();
    temporary.push(".new");
    fs::write(&temporary, text)
        .and_then(|()| fs::rename(&temporary, &path))
        .map_err(|error| Error::failed(format!("cannot write {}: {error}", path.display())))?;
    Ok(path)
}
