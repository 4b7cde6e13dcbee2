//! Lists the entries of a tar archive, one per line.

use std::fs::File;
use std::path::Path;

use crate::Result;

/// Lists kind, mode, owner, time, size and name of each entry, in the archive's order.
pub fn list(path: &Path) -> Result<String> {
    let mut archive = tar::Archive::new(File::open(path)?);
    let mut text = String::new();
    for entry in archive.entries()? {
        let entry = entry?;
        let header = entry.header();
        text.push_str(&format!(
            "{:?} {:04o} {}/{} {} {} {}\n",
            header.entry_type(),
            header.mode()?,
            header.uid()?,
            header.gid()?,
            header.mtime()?,
            header.size()?,
            entry.path()?.display(),
        ));
    }
    Ok(text)
}
