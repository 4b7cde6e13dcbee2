//! Writes all files or none.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::Error;

/// Files to write into a workspace.
pub(crate) struct Transaction<'a> {
    workspace: &'a Path,
    directories: Vec<(String, BTreeMap<PathBuf, String>)>,
    files: Vec<(&'static str, String)>,
}

impl<'a> Transaction<'a> {
    pub(crate) fn new(workspace: &'a Path) -> Self {
        Self {
            workspace,
            directories: Vec::new(),
            files: Vec::new(),
        }
    }

    /// Adds a directory that does not exist yet.
    pub(crate) fn directory(&mut self, path: &str, files: BTreeMap<PathBuf, String>) {
        self.directories.push((path.to_owned(), files));
    }

    /// Adds a file to replace.
    pub(crate) fn file(&mut self, path: &'static str, text: String) {
        self.files.push((path, text));
    }

    /// Writes all files under temporary names, then renames them. Undoes all changes if a step fails.
    pub(crate) fn commit(self) -> Result<Vec<String>, Error> {
        let mut undo_log: Vec<Undo> = Vec::new();
        let result = self.write(&mut undo_log);
        if result.is_err() {
            for undo in undo_log.into_iter().rev() {
                undo.run();
            }
        }
        result
    }

    fn write(&self, undo_log: &mut Vec<Undo>) -> Result<Vec<String>, Error> {
        let mut renames = Vec::new();
        let mut written = Vec::new();
        for (directory, files) in &self.directories {
            let (to, temporary) = self.paths(directory);
            undo_log.push(Undo::RemoveDirectory(temporary.clone()));
            for (path, text) in files {
                write(&temporary.join(path), text)?;
                written.push(format!("{directory}/{}", path.display()));
            }
            renames.push((temporary, to.clone(), Undo::RemoveDirectory(to)));
        }
        for (file, text) in &self.files {
            let (to, temporary) = self.paths(file);
            let old = fs::read(&to).map_err(failed("read", &to))?;
            undo_log.push(Undo::RemoveFile(temporary.clone()));
            write(&temporary, text)?;
            written.push((*file).to_owned());
            renames.push((temporary, to.clone(), Undo::Restore(to, old)));
        }
        for (temporary, to, undo) in renames {
            fs::rename(&temporary, &to).map_err(failed("write", &to))?;
            undo_log.push(undo);
        }
        Ok(written)
    }

    /// Returns the destination of a path and a temporary name next to it.
    fn paths(&self, path: &str) -> (PathBuf, PathBuf) {
        let to = self.workspace.join(path);
        let name = to.file_name().unwrap_or_default().to_string_lossy().into_owned();
        (to.clone(), to.with_file_name(format!(".{name}.new")))
    }
}

enum Undo {
    RemoveDirectory(PathBuf),
    RemoveFile(PathBuf),
    Restore(PathBuf, Vec<u8>),
}

impl Undo {
    /// Ignores errors, because the original error is reported.
    fn run(self) {
        let _ = match self {
            Self::RemoveDirectory(path) => fs::remove_dir_all(path),
            Self::RemoveFile(path) => fs::remove_file(path),
            Self::Restore(path, old) => fs::write(path, old),
        };
    }
}

fn write(path: &Path, text: &str) -> Result<(), Error> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).map_err(failed("create", parent))?;
    }
    fs::write(path, text).map_err(failed("write", path))
}

fn failed<'a>(operation: &'static str, path: &'a Path) -> impl Fn(io::Error) -> Error + 'a {
    move |source| Error::File {
        operation,
        path: path.to_owned(),
        source,
    }
}
