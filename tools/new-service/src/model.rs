//! The files of the service that new ones are modelled on.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::Error;

/// The model, and the word in its files that is its name.
pub(crate) const MODEL: &str = "hello";

/// The model's files under another name: paths from the service's folder, and texts.
pub(crate) fn files(workspace: &Path, name: &str) -> Result<BTreeMap<PathBuf, String>, Error> {
    let folder = workspace.join("services").join(MODEL);
    let mut files = BTreeMap::new();
    let mut folders = vec![folder.clone()];
    while let Some(dir) = folders.pop() {
        let at = |source| Error::File {
            what: "read",
            path: dir.clone(),
            source,
        };
        for entry in fs::read_dir(&dir).map_err(at)? {
            let entry = entry.map_err(at)?;
            let path = entry.path();
            // What an editor or the system left there.
            if entry.file_name().to_string_lossy().starts_with('.') {
                continue;
            }
            if entry.file_type().map_err(at)?.is_dir() {
                folders.push(path);
                continue;
            }
            let text = fs::read_to_string(&path).map_err(|source| Error::File {
                what: "read",
                path: path.clone(),
                source,
            })?;
            let inside = path.strip_prefix(&folder).unwrap_or(&path);
            let inside = inside.to_string_lossy().replace(MODEL, name);
            files.insert(PathBuf::from(inside), text.replace(MODEL, name));
        }
    }
    Ok(files)
}
