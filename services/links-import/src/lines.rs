//! The entries of a file.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use crate::entry::Entry;
use crate::{ImportError, LineError};

/// In bytes.
const MAX_LINE: usize = 16384;

/// Reads entries and their line numbers.
pub(crate) struct Lines<'a> {
    path: &'a Path,
    reader: BufReader<File>,
    line: usize,
}

impl<'a> Lines<'a> {
    pub(crate) fn open(path: &'a Path) -> Result<Self, ImportError> {
        let file = open_regular(path).map_err(|source| read_error(path, source))?;
        Ok(Self {
            path,
            reader: BufReader::new(file),
            line: 0,
        })
    }

    /// The next line that is not empty; `None` at the end of the file.
    fn read(&mut self) -> Result<Option<Vec<u8>>, ImportError> {
        loop {
            let mut bytes = Vec::new();
            self.line += 1;
            self.reader
                .by_ref()
                .take(MAX_LINE as u64 + 1)
                .read_until(b'\n', &mut bytes)
                .map_err(|source| read_error(self.path, source))?;
            if bytes.is_empty() {
                return Ok(None);
            }
            if bytes.strip_suffix(b"\n").unwrap_or(&bytes).len() > MAX_LINE {
                return Err(line_error(self.path, self.line, LineError::Long(MAX_LINE)));
            }
            if !bytes.trim_ascii().is_empty() {
                return Ok(Some(bytes));
            }
        }
    }
}

impl Iterator for Lines<'_> {
    type Item = Result<(usize, Entry), ImportError>;

    fn next(&mut self) -> Option<Self::Item> {
        let bytes = self.read().transpose()?;
        Some(bytes.and_then(|bytes| {
            let entry = Entry::parse(bytes.trim_ascii());
            let entry = entry.map_err(|error| line_error(self.path, self.line, error))?;
            Ok((self.line, entry))
        }))
    }
}

/// Opens a regular file, because the content of a pipe cannot be read again.
#[expect(clippy::disallowed_methods, reason = "a job may block")]
fn open_regular(path: &Path) -> io::Result<File> {
    let file = File::open(path)?;
    if file.metadata()?.is_file() {
        Ok(file)
    } else {
        Err(io::Error::other("expected a regular file, which is read twice"))
    }
}

fn read_error(path: &Path, source: io::Error) -> ImportError {
    ImportError::Read {
        path: path.to_owned(),
        source,
    }
}

pub(crate) fn line_error(path: &Path, line: usize, source: LineError) -> ImportError {
    ImportError::Line {
        path: path.to_owned(),
        line,
        source,
    }
}
