//! Writes files that are removed on failure.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;

use crate::error::{IoContext, Result};

/// Writes a file, and removes it if that fails.
pub fn write<T>(path: &Path, write: impl FnOnce(&mut dyn Write) -> Result<T>) -> Result<T> {
    let mut file = BufWriter::new(File::create(path).context("creating", path)?);
    let written = write(&mut file).and_then(|value| {
        file.flush().context("writing", path)?;
        Ok(value)
    });
    // Not a device such as /dev/stdout.
    if written.is_err() && fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_file()) {
        let _ = fs::remove_file(path);
    }
    written
}

/// Writes a small file.
pub fn write_text(path: &Path, text: &str) -> Result<()> {
    write(path, |file| {
        file.write_all(text.as_bytes()).context("writing", path)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Problem;
    use crate::scratch::Scratch;

    #[test]
    fn failure_leaves_no_file() {
        let scratch = Scratch::new();
        let path = scratch.file("out", b"before");
        let failed = write(&path, |file| {
            file.write_all(b"half").context("writing", "out")?;
            Err::<(), _>(Problem::EmptyLayer.into())
        });
        assert!(failed.is_err() && !path.exists());
        write_text(&path, "whole").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"whole");
    }
}
