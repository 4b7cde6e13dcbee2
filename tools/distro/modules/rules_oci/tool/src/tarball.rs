//! Checks that a stream is a whole tar archive, and writes archives that are the same bytes each time.

use std::io::{self, Read, Write};

use tar::{Archive, Builder, EntryType, Header};

use crate::error::Problem;

const BLOCK: u64 = 512;

/// Reads a tar archive to its end and says what is wrong with it.
///
/// Data after the end marker is read as well, so that a hash taken on the way covers the whole file.
pub fn check(reader: impl Read, kind: &'static str) -> Result<(), Problem> {
    let mut watched = Watched::new(reader);
    let walked = walk(&mut watched);
    let drained = match walked {
        Ok(_) => io::copy(&mut watched, &mut io::sink()).map(drop),
        Err(_) => Ok(()),
    };
    if let Some(found) = watched.failure {
        return Err(Problem::Damaged { kind, found });
    }
    drained.map_err(|source| Problem::io("reading", source))?;
    walked
}

fn walk<R: Read>(watched: &mut Watched<R>) -> Result<(), Problem> {
    let mut entries = 0_u64;
    let mut archive = Archive::new(&mut *watched);
    let outcome = archive.entries().and_then(|all| {
        for entry in all {
            entry?;
            entries += 1;
        }
        Ok(())
    });

    match outcome {
        Ok(()) if watched.trailing_zeros >= BLOCK => Ok(()),
        Ok(()) => Err(Problem::CutTar {
            found: format!("it ends without an end marker after {entries} entries"),
        }),
        Err(_) if watched.ended && watched.size >= BLOCK => Err(Problem::CutTar {
            found: format!("it ends at byte {} in entry {}", watched.size, entries.max(1)),
        }),
        Err(error) => Err(Problem::NotTar {
            found: error.to_string(),
        }),
    }
}

/// Remembers how a stream ended: with zeros, with its last byte, with an error.
struct Watched<R> {
    inner: R,
    size: u64,
    trailing_zeros: u64,
    ended: bool,
    failure: Option<String>,
}

impl<R> Watched<R> {
    fn new(inner: R) -> Self {
        Self {
            inner,
            size: 0,
            trailing_zeros: 0,
            ended: false,
            failure: None,
        }
    }
}

impl<R: Read> Read for Watched<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = match self.inner.read(buffer) {
            Ok(count) => count,
            Err(error) => {
                if error.kind() != io::ErrorKind::Interrupted {
                    self.failure = Some(error.to_string());
                }
                return Err(error);
            }
        };
        self.ended |= count == 0 && !buffer.is_empty();
        self.size += count as u64;
        let zeros = buffer[..count].iter().rev().take_while(|b| **b == 0).count();
        let kept = if zeros == count { self.trailing_zeros } else { 0 };
        self.trailing_zeros = kept + zeros as u64;
        Ok(count)
    }
}

/// One entry to write: who owns it and what may be done with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attributes {
    /// Permission bits.
    pub mode: u32,
    /// The owner's and the group's number.
    pub owner: u32,
}

impl Attributes {
    /// Root's, with a mode.
    pub const fn root(mode: u32) -> Self {
        Self { mode, owner: 0 }
    }
}

/// Writes entries that carry no time, no name of a user and no device.
pub struct Writer<W: Write> {
    builder: Builder<W>,
}

impl<W: Write> Writer<W> {
    /// An archive without entries.
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

    /// Adds a second name of a file written before, which has these attributes.
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
    use super::*;

    const PLAIN: &[u8] = include_bytes!("../tests/vectors/layers/a.tar");

    fn found(data: &[u8]) -> String {
        check(data, "tar").unwrap_err().to_string()
    }

    #[test]
    fn a_whole_archive_passes() {
        check(PLAIN, "tar").unwrap();
    }

    #[test]
    fn an_empty_archive_passes() {
        check(&[0; 1024][..], "tar").unwrap();
    }

    #[test]
    fn an_archive_cut_in_a_file_or_a_header_is_named() {
        assert!(found(&PLAIN[..514]).contains("cut short: it ends at byte 514 in entry 1"));
        let twice = [&PLAIN[..1024], &PLAIN[..100]].concat();
        assert!(found(&twice).contains("cut short"));
    }

    #[test]
    fn an_archive_without_end_marker_is_cut() {
        let found = found(&PLAIN[..1024]);
        assert!(found.contains("without an end marker after 1 entries"), "{found}");
    }

    #[test]
    fn text_is_no_archive() {
        assert!(found("no tar at all\n".repeat(100).as_bytes()).contains("not a tar archive"));
        assert!(found(b"short").contains("not a tar archive"));
    }

    #[test]
    fn entries_carry_no_time_and_no_name() {
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
