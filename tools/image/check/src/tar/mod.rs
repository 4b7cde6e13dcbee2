//! Reads the tar of a layer as Go's archive/tar, which podman and docker use.

mod header;
mod pax;

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::ops::Range;

use header::{Header, BLOCK};
use pax::Records;

/// Maximum size of names and pax headers in bytes, as in archive/tar.
const MAX_METADATA: u64 = 1 << 20;
/// Maximum padding after the end in bytes; GNU tar pads to a multiple of 10 KiB.
const MAX_PADDING: u64 = 1 << 20;

/// The kind of an inode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    File,
    Dir,
    Symlink,
    CharDevice,
    BlockDevice,
    Fifo,
}

/// The type of an entry: an additional name of an inode, or an inode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EntryType {
    Hardlink,
    Inode(Kind),
}

/// An entry, with its pax records applied.
#[derive(Debug)]
pub(crate) struct TarEntry {
    /// Not normalized.
    pub(crate) name: String,
    pub(crate) entry_type: EntryType,
    pub(crate) mode: u32,
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    pub(crate) link: String,
    /// Major and minor number of a device.
    pub(crate) device: (u32, u32),
    /// By name, or by the pax record's key if engines ignore the record.
    pub(crate) xattrs: BTreeMap<String, Vec<u8>>,
    /// Position of a file's content in the tar.
    pub(crate) data: Range<usize>,
}

/// Reads all entries; buffers only metadata, whose size is limited.
pub(crate) fn read(source: impl Read) -> Result<Vec<TarEntry>, String> {
    let mut reader = Reader { source, position: 0 };
    let mut entries = Vec::new();
    let mut extended = Extended::default();
    while let Some(header) = reader.header()? {
        match header.type_flag() {
            b'x' => extended.records = Some(pax::parse(&reader.metadata(&header, "pax header")?)?),
            // Engines ignore global headers.
            b'g' => drop(reader.metadata(&header, "pax header")?),
            b'L' => extended.name = Some(header::text(&reader.metadata(&header, "name")?)?),
            b'K' => extended.link = Some(header::text(&reader.metadata(&header, "link target")?)?),
            _ => entries.push(reader.entry(&header, std::mem::take(&mut extended))?),
        }
    }
    if extended != Extended::default() {
        return Err("the tar ends after an extended header".to_owned());
    }
    reader.padding()?;
    Ok(entries)
}

/// Metadata before a header that replaces some of its fields.
#[derive(Default, PartialEq)]
struct Extended {
    records: Option<Records>,
    name: Option<String>,
    link: Option<String>,
}

struct Reader<R> {
    source: R,
    position: u64,
}

impl<R: Read> Reader<R> {
    /// The next header; none at the end of the archive.
    fn header(&mut self) -> Result<Option<Header>, String> {
        let Some(block) = self.block()? else {
            return Ok(None);
        };
        if block != [0; BLOCK] {
            return Header::parse(&block).map(Some);
        }
        match self.block()? {
            None => Ok(None),
            Some(next) if next == [0; BLOCK] => Ok(None),
            Some(_) => Err("a block of zeros inside the tar".to_owned()),
        }
    }

    fn block(&mut self) -> Result<Option<[u8; BLOCK]>, String> {
        let mut block = [0; BLOCK];
        let mut filled = 0;
        while let Some(rest) = block.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match self.source.read(rest) {
                Ok(0) if filled == 0 => return Ok(None),
                Ok(0) => return Err("the tar ends inside a block".to_owned()),
                Ok(length) => filled += length,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error.to_string()),
            }
        }
        self.position += BLOCK as u64;
        Ok(Some(block))
    }

    fn metadata(&mut self, header: &Header, what: &str) -> Result<Vec<u8>, String> {
        let size = header.size()?;
        if size > MAX_METADATA {
            return Err(format!(
                "{what} of {size} bytes: podman and docker accept at most {MAX_METADATA}"
            ));
        }
        let mut content = Vec::new();
        self.content(size, &mut content, what)?;
        Ok(content)
    }

    fn entry(&mut self, header: &Header, extended: Extended) -> Result<TarEntry, String> {
        let records = extended.records.unwrap_or_default();
        let long_name = extended.name.filter(|name| !name.is_empty());
        let name = long_name.or(records.path).map_or_else(|| header.name(), Ok)?;
        let in_entry = |error: String| format!("{name:?}: {error}");
        let long_link = extended.link.filter(|link| !link.is_empty());
        let link = long_link.or(records.link).map_or_else(|| header.link(), Ok);
        let entry_type = header.entry_type(&name).map_err(in_entry)?;
        let size = match entry_type {
            EntryType::Inode(Kind::File) => {
                records.size.map_or_else(|| header.size(), Ok).map_err(in_entry)?
            }
            _ => 0,
        };
        let entry = TarEntry {
            entry_type,
            mode: header.mode().map_err(in_entry)?,
            uid: records.uid.map_or_else(|| header.uid(), Ok).map_err(in_entry)?,
            gid: records.gid.map_or_else(|| header.gid(), Ok).map_err(in_entry)?,
            link: link.map_err(in_entry)?,
            device: header.device(entry_type).map_err(in_entry)?,
            xattrs: records.xattrs,
            data: range(self.position, size).ok_or_else(|| in_entry(format!("invalid size {size}")))?,
            name: name.clone(),
        };
        self.content(size, &mut io::sink(), &format!("{name:?}"))?;
        Ok(entry)
    }

    /// Copies content and skips its padding.
    fn content(&mut self, size: u64, to: &mut impl io::Write, what: &str) -> Result<(), String> {
        let padded = size.next_multiple_of(BLOCK as u64);
        let mut source = self.source.by_ref().take(padded);
        let copied = io::copy(&mut source.by_ref().take(size), to)
            .and_then(|copied| Ok(copied + io::copy(&mut source, &mut io::sink())?))
            .map_err(|error| error.to_string())?;
        // archive/tar does not require the padding of the last entry.
        if copied < size {
            return Err(format!("the tar ends inside {what}"));
        }
        self.position += copied;
        Ok(())
    }

    /// Reads to the end, because the digest is that of the whole archive.
    fn padding(&mut self) -> Result<(), String> {
        let mut source = self.source.by_ref().take(MAX_PADDING + 1);
        let length = io::copy(&mut source, &mut io::sink()).map_err(|error| error.to_string())?;
        if length > MAX_PADDING {
            return Err(format!("more than {MAX_PADDING} bytes follow the end of the tar"));
        }
        Ok(())
    }
}

fn range(start: u64, size: u64) -> Option<Range<usize>> {
    let start = usize::try_from(start).ok()?;
    let end = start.checked_add(usize::try_from(size).ok()?)?;
    // The end rounded up to a block must not overflow.
    end.checked_add(BLOCK)?;
    Some(start..end)
}

#[cfg(test)]
mod tests {
    use ::tar as tar_builder;

    use super::*;

    fn header(type_flag: u8, size: u64) -> tar_builder::Header {
        let mut header = tar_builder::Header::new_gnu();
        header.set_entry_type(tar_builder::EntryType::new(type_flag));
        header.set_path("name").unwrap();
        header.set_size(size);
        header.set_mode(0o644);
        header.set_uid(0);
        header.set_gid(0);
        header.set_cksum();
        header
    }

    /// An endless source that counts the bytes read.
    struct Endless<'a> {
        start: &'a [u8],
        read: u64,
    }

    impl Read for Endless<'_> {
        fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
            let length = match self.start.read(to)? {
                0 => io::repeat(b'x').read(to)?,
                length => length,
            };
            self.read += length as u64;
            Ok(length)
        }
    }

    #[test]
    fn stops_at_unbounded_metadata() {
        for type_flag in *b"xgLK" {
            let block = header(type_flag, 600_000_000);
            let mut source = Endless {
                start: block.as_bytes(),
                read: 0,
            };
            let error = read(&mut source).unwrap_err();
            assert!(
                error.contains("of 600000000 bytes: podman and docker accept at most 1048576"),
                "{error}"
            );
            assert_eq!(source.read, BLOCK as u64);
        }
    }

    #[test]
    fn stops_at_unbounded_padding() {
        let mut source = Endless {
            start: &[0; 2 * BLOCK],
            read: 0,
        };
        assert!(read(&mut source)
            .unwrap_err()
            .contains("follow the end of the tar"));
        assert!(source.read < 3 << 20, "{}", source.read);
    }

    #[test]
    fn rejects_malformed_tars() {
        let mut changed = *header(b'0', 0).as_bytes();
        changed[0] ^= 1;
        let file = header(b'0', 600);
        let entry = [file.as_bytes().as_slice(), &[0; 100]].concat();
        let zeros_inside = [&[0; BLOCK][..], file.as_bytes()].concat();
        for (tar, expected) in [
            (changed.as_slice(), "wrong checksum"),
            (&entry, "the tar ends inside \"name\""),
            (&file.as_bytes()[..100], "the tar ends inside a block"),
            (&zeros_inside, "a block of zeros inside the tar"),
            (
                header(b'S', 0).as_bytes(),
                "entry of type 'S' (sparse), which podman and docker reject",
            ),
            (
                header(b'V', 0).as_bytes(),
                "entry of type 'V', which podman and docker reject",
            ),
            (
                header(b'x', 0).as_bytes(),
                "the tar ends after an extended header",
            ),
        ] {
            let error = read(tar).unwrap_err();
            assert!(error.contains(expected), "{error}");
        }
        assert!(read(&[][..]).unwrap().is_empty());
    }

    #[test]
    fn empty_long_names_keep_header() {
        for type_flag in *b"LK" {
            let mut link = header(b'1', 0);
            link.set_link_name("target").unwrap();
            link.set_cksum();
            let long = header(type_flag, 1);
            let tar = [long.as_bytes().as_slice(), &[0; BLOCK], link.as_bytes()].concat();
            let entries = read(tar.as_slice()).unwrap();
            assert_eq!(
                (entries[0].name.as_str(), entries[0].link.as_str()),
                ("name", "target")
            );
        }
    }

    #[test]
    fn reads_large_numbers() {
        let mut header = header(b'0', 0);
        header.set_uid(3_000_000);
        header.set_gid(u64::from(u32::MAX));
        header.set_cksum();
        let entries = read(header.as_bytes().as_slice()).unwrap();
        assert_eq!((entries[0].uid, entries[0].gid), (3_000_000, u32::MAX));
        header.set_uid(u64::from(u32::MAX) + 1);
        header.set_cksum();
        let error = read(header.as_bytes().as_slice()).unwrap_err();
        assert!(error.contains("\"name\": invalid uid \"4294967296\""), "{error}");
    }
}
