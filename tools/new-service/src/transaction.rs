//! All of what is written, or nothing.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::Error;

/// What is to be written into a workspace.
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

    /// A directory that does not exist yet.
    pub(crate) fn directory(&mut self, path: &str, files: BTreeMap<PathBuf, String>) {
        self.directories.push((path.to_owned(), files));
    }

    /// A file that is replaced.
    pub(crate) fn file(&mut self, path: &'static str, text: String) {
        self.files.push((path, text));
    }

    /// Writes all aside first; what can still fail after that are renames, and what those did is undone.
    pub(crate) fn commit(self) -> Result<Vec<String>, Error> {
        let mut done: Vec<Undo> = Vec::new();
        let result = self.write(&mut done);
        if result.is_err() {
            for undo in done.into_iter().rev() {
                undo.run();
            }
        }
        result
    }

    fn write(&self, done: &mut Vec<Undo>) -> Result<Vec<String>, Error> {
        let mut renames = Vec::new();
        let mut written = Vec::new();
        for (directory, files) in &self.directories {
            let (to, aside) = self.paths(directory);
            done.push(Undo::RemoveDirectory(aside.clone()));
            for (path, text) in files {
                write(&aside.join(path), text)?;
                written.push(format!("{directory}/{}", path.display()));
            }
            renames.push((aside, to.clone(), Undo::RemoveDirectory(to)));
        }
        for (file, text) in &self.files {
            let (to, aside) = self.paths(file);
            let old = fs::read(&to).map_err(failed("read", &to))?;
            done.push(Undo::RemoveFile(aside.clone()));
            write(&aside, text)?;
            written.push((*file).to_owned());
            renames.push((aside, to.clone(), Undo::Restore(to, old)));
        }
        for (aside, to, undo) in renames {
            fs::rename(&aside, &to).map_err(failed("write", &to))?;
            done.push(undo);
        }
        Ok(written)
    }

    /// Where something goes, and a hidden name beside it.
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
    /// Best effort: the error that led here is the one to tell.
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
        fs::create_dir_all(parent).map_err(failed("make", parent))?;
    }
    fs::write(path, text).map_err(failed("write", path))
}

fn failed<'a>(what: &'static str, path: &'a Path) -> impl Fn(io::Error) -> Error + 'a {
    move |source| Error::File {
        what,
        path: path.to_owned(),
        source,
    }
}
