//! Writes reproducible archives.

use std::io::{self, Read, Write};

use tar::{Builder, EntryType, Header};

/// The mode and owner of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attributes {
    /// Permission bits.
    pub mode: u32,
    /// The user ID and group ID.
    pub owner: u32,
}

impl Attributes {
    /// Attributes of an entry owned by root.
    pub const fn root(mode: u32) -> Self {
        Self { mode, owner: 0 }
    }
}

/// Writes entries without times, user names and devices.
pub struct Writer<W: Write> {
    builder: Builder<W>,
}

impl<W: Write> Writer<W> {
    /// Starts an archive.
    pub fn new(inner: W) -> Self {
        Self {
            builder: Builder::new(inner),
        }
    }

    /// Adds a directory.
    pub fn directory(&mut self, path: &str, attributes: Attributes) -> io::Result<()> {
        let mut header = header(EntryType::Directory, attributes, 0);
        self.builder
            .append_data(&mut header, format!("{path}/"), io::empty())
    }

    /// Adds a file of `size` bytes.
    pub fn file(
        &mut self,
        path: &str,
        attributes: Attributes,
        size: u64,
        content: impl Read,
    ) -> io::Result<()> {
        let mut header = header(EntryType::Regular, attributes, size);
        self.builder.append_data(&mut header, path, content)
    }

    /// Adds a symbolic link.
    pub fn symlink(&mut self, path: &str, target: &str) -> io::Result<()> {
        let mut header = header(EntryType::Symlink, Attributes::root(0o777), 0);
        self.builder.append_link(&mut header, path, target)
    }

    /// Adds a hard link to an earlier file, with that file's attributes.
    pub fn hard_link(&mut self, path: &str, attributes: Attributes, file: &str) -> io::Result<()> {
        let mut header = header(EntryType::Link, attributes, 0);
        self.builder.append_link(&mut header, path, file)
    }

    /// Writes the end marker.
    pub fn finish(self) -> io::Result<W> {
        self.builder.into_inner()
    }
}

fn header(kind: EntryType, attributes: Attributes, size: u64) -> Header {
    let mut header = Header::new_gnu();
    header.set_entry_type(kind);
    header.set_mode(attributes.mode);
    header.set_uid(attributes.owner.into());
    header.set_gid(attributes.owner.into());
    header.set_mtime(0);
    header.set_size(size);
    header
}

#[cfg(test)]
mod tests {
    use tar::Archive;

    use super::*;

    #[test]
    fn entries_have_no_time_or_owner() {
        let attributes = Attributes {
            mode: 0o700,
            owner: 7,
        };
        let mut writer = Writer::new(Vec::new());
        writer.file("a", attributes, 1, &b"x"[..]).unwrap();
        let bytes = writer.finish().unwrap();
        let mut archive = Archive::new(&bytes[..]);
        let entry = archive.entries().unwrap().next().unwrap().unwrap();
        let header = entry.header();
        assert_eq!(header.mtime().unwrap(), 0);
        assert_eq!(header.uid().unwrap(), 7);
        assert_eq!(header.username().unwrap(), Some(""));
    }
}
