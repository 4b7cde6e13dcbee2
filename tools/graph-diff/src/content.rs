//! Digests of source files, cached for files outside of the workspace.

use std::collections::{BTreeMap, HashMap};
use std::ffi::OsString;
use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use crate::digest::{hash_field, hex, Digest};
use crate::Error;

/// Metadata that changes with a file's content: size, times and inode.
type Stamp = [i64; 6];

/// Digests of files.
#[derive(Debug, Default)]
pub(crate) struct Contents {
    cached: BTreeMap<PathBuf, (Stamp, Digest)>,
    /// Directories with symbolic links resolved, by Bazel's path.
    directories: HashMap<PathBuf, Option<PathBuf>>,
}

impl Contents {
    /// Reads the file that `write` writes; empty if it cannot be read.
    pub(crate) fn read(file: &Path) -> Self {
        let lines = fs::read_to_string(file).unwrap_or_default();
        Self {
            cached: lines.lines().filter_map(parse_line).collect(),
            directories: HashMap::new(),
        }
    }

    pub(crate) fn write(&self, file: &Path) -> Result<(), Error> {
        let lines: String = self
            .cached
            .iter()
            .filter_map(|(path, (stamp, digest))| format_line(path, stamp, digest))
            .collect();
        let new = file.with_extension("new");
        fs::write(&new, lines)
            .and_then(|()| fs::rename(&new, file))
            .map_err(Error::file("write", file))
    }

    /// Returns the digest of a source file. `checkout` is a canonical path. A file that does not exist on the machine belongs to the build
    /// root and is equal in both graphs, so the digest covers only its name.
    pub(crate) fn digest(&mut self, file: &Path, checkout: &Path) -> Result<Digest, Error> {
        let resolved = self.resolve(file).or_else(|| self.resolve(&latin_1_bytes(file)?));
        let Some(path) = resolved else {
            return Ok(name_digest(file));
        };
        if path.starts_with(checkout) {
            return digest_tree(&path).map_err(Error::file("read", &path));
        }
        let metadata = fs::metadata(&path).map_err(Error::file("read", &path))?;
        if metadata.is_dir() {
            return digest_tree(&path).map_err(Error::file("read", &path));
        }
        let current = stamp(&metadata);
        if let Some((known, digest)) = self.cached.get(&path) {
            if *known == current {
                return Ok(*digest);
            }
        }
        let digest = digest_file(&path, &metadata).map_err(Error::file("read", &path))?;
        self.cached.insert(path, (current, digest));
        Ok(digest)
    }

    /// Resolves symbolic links; None if the path does not exist, such as a path of the build root on the machine.
    fn resolve(&mut self, file: &Path) -> Option<PathBuf> {
        let (directory, name) = (file.parent()?, file.file_name()?);
        if !self.directories.contains_key(directory) {
            self.directories
                .insert(directory.to_owned(), fs::canonicalize(directory).ok());
        }
        let path = self.directories.get(directory)?.as_ref()?.join(name);
        if path.symlink_metadata().ok()?.is_symlink() {
            return fs::canonicalize(path).ok();
        }
        Some(path)
    }
}

/// Returns the path whose bytes Bazel took for Latin-1, as it does with names that are not ASCII.
fn latin_1_bytes(file: &Path) -> Option<PathBuf> {
    let bytes: Option<Vec<u8>> = file
        .to_str()?
        .chars()
        .map(|character| u8::try_from(character).ok())
        .collect();
    Some(PathBuf::from(OsString::from_vec(bytes?)))
}

fn name_digest(file: &Path) -> Digest {
    // Relative to the output base, which differs between the graphs.
    let name = file
        .components()
        .skip_while(|component| component.as_os_str() != "external")
        .collect::<PathBuf>();
    Sha256::digest(name.as_os_str().as_bytes()).into()
}

/// Hashes the content and the executable bit of a file, or of all files in a directory.
fn digest_tree(path: &Path) -> io::Result<Digest> {
    let metadata = fs::metadata(path)?;
    if !metadata.is_dir() {
        return digest_file(path, &metadata);
    }
    let mut names = fs::read_dir(path)?
        .map(|entry| Ok(entry?.file_name()))
        .collect::<io::Result<Vec<_>>>()?;
    names.sort();
    let mut hasher = Sha256::new();
    for name in names {
        hash_field(&mut hasher, name.as_bytes());
        hasher.update(digest_tree(&path.join(name))?);
    }
    Ok(hasher.finalize().into())
}

fn digest_file(path: &Path, metadata: &Metadata) -> io::Result<Digest> {
    let mut hasher = Sha256::new();
    hasher.update([u8::from(metadata.permissions().mode() & 0o100 != 0)]);
    let (mut file, mut buffer) = (File::open(path)?, vec![0; 1 << 16]);
    loop {
        let length = file.read(&mut buffer)?;
        if length == 0 {
            return Ok(hasher.finalize().into());
        }
        hasher.update(buffer.get(..length).unwrap_or_default());
    }
}

fn stamp(metadata: &Metadata) -> Stamp {
    let size = i64::try_from(metadata.len()).unwrap_or_default();
    let inode = i64::try_from(metadata.ino()).unwrap_or_default();
    [
        size,
        inode,
        metadata.mtime(),
        metadata.mtime_nsec(),
        metadata.ctime(),
        metadata.ctime_nsec(),
    ]
}

/// Formats `DIGEST STAMP... PATH`; None for a path that is not UTF-8 or contains a newline.
fn format_line(path: &Path, stamp: &Stamp, digest: &Digest) -> Option<String> {
    let path = path.to_str().filter(|path| !path.contains('\n'))?;
    let numbers: Vec<_> = stamp.iter().map(i64::to_string).collect();
    Some(format!("{} {} {path}\n", hex(digest), numbers.join(" ")))
}

fn parse_line(line: &str) -> Option<(PathBuf, (Stamp, Digest))> {
    let mut columns = line.splitn(8, ' ');
    let hex = columns.next()?;
    let mut digest = Digest::default();
    for (position, byte) in digest.iter_mut().enumerate() {
        *byte = u8::from_str_radix(hex.get(2 * position..2 * position + 2)?, 16).ok()?;
    }
    let mut stamp = Stamp::default();
    for number in &mut stamp {
        *number = columns.next()?.parse().ok()?;
    }
    Some((columns.next()?.into(), (stamp, digest)))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn digest_covers_names_outside_ascii() {
        let checkout = tempfile::tempdir().unwrap();
        let digest = |text| {
            fs::write(checkout.path().join("\u{fc}"), text).unwrap();
            let reported = checkout.path().join("\u{c3}\u{bc}");
            Contents::default().digest(&reported, checkout.path()).unwrap()
        };
        assert_ne!(digest("a"), digest("b"));
    }

    #[test]
    fn digest_covers_linked_files_of_checkout() {
        let checkout = tempfile::tempdir().unwrap();
        let (shared, link) = (
            checkout.path().join("shared"),
            checkout.path().join("workspace/link"),
        );
        fs::create_dir(checkout.path().join("workspace")).unwrap();
        symlink("../shared", &link).unwrap();
        let digest = |text| {
            fs::write(&shared, text).unwrap();
            Contents::default().digest(&link, checkout.path()).unwrap()
        };
        assert_ne!(digest("a"), digest("b"));
    }

    #[test]
    fn digest_covers_files_outside_of_checkout() {
        let (checkout, sdk) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let file = sdk.path().join("tool.c");
        let digest = |text: &str| {
            fs::write(&file, text).unwrap();
            Contents::default().digest(&file, checkout.path()).unwrap()
        };
        assert_ne!(digest("1"), digest("2"));
    }

    #[test]
    fn round_trips_cache_lines() {
        let (path, stamp, digest) = (PathBuf::from("/a b/c"), [1, 2, 3, 4, 5, 6], [7; 32]);
        let line = format_line(&path, &stamp, &digest).unwrap();
        assert_eq!(parse_line(line.trim_end()), Some((path, (stamp, digest))));
        assert_eq!(parse_line("junk"), None);
        assert_eq!(format_line(Path::new("/a\nb"), &stamp, &digest), None);
    }
}
