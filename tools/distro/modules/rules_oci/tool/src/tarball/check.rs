//! Checks that a stream is a whole tar archive that container engines unpack.

use std::io::{self, Read};

use super::header::{is_zero, until_nul, Block, Header, BLOCK_SIZE};
use super::names::{shorten, Names, RepeatedNames};
use super::pax::Records;
use crate::error::Problem;

/// The longest name or pax header that Go's `archive/tar` reads, and with it every engine.
const MAX_METADATA: u64 = 1 << 20;

const BUFFER: usize = 64 * 1024;

/// Reads a tar archive to its end, says what is wrong with it, and gives the names that it has more than once.
///
/// Data after the end marker is read as well, so that a hash taken on the way covers the whole file. At most two names
/// or pax headers are in memory at once.
pub fn check(reader: impl Read, kind: &'static str) -> Result<RepeatedNames, Problem> {
    let mut archive = Archive {
        reader,
        kind,
        position: 0,
        entries: 0,
        names: Names::default(),
        buffer: vec![0; BUFFER],
    };
    archive.walk()?;
    while archive.read_buffer(BUFFER)? > 0 {}
    Ok(archive.names.into_repeated())
}

struct Archive<R> {
    reader: R,
    kind: &'static str,
    position: u64,
    entries: u64,
    names: Names,
    buffer: Vec<u8>,
}

/// Fields of an entry's header that headers before it replace.
#[derive(Default)]
struct Overrides {
    pax: Records,
    long_name: Option<Vec<u8>>,
    /// Whether such a header was read, and its entry has to follow.
    is_pending: bool,
}

impl<R: Read> Archive<R> {
    fn walk(&mut self) -> Result<(), Problem> {
        let mut overrides = Overrides::default();
        while let Some(block) = self.header_block()? {
            let header = Header::new(&block).ok_or_else(|| self.no_header())?;
            let size = header
                .size()
                .ok_or_else(|| self.invalid("invalid size in a header: expected a number from 0".into()))?;
            match header.kind() {
                b'L' => overrides.long_name = Some(self.long_name(&header, size)?),
                // Only its size matters here.
                b'K' => drop(self.metadata("GNU long link", &header, size)?),
                b'x' => overrides.pax = self.pax(&header, size)?,
                b'g' => drop(self.pax(&header, size)?),
                _ => {
                    self.entry(&header, size, std::mem::take(&mut overrides))?;
                    continue;
                }
            }
            overrides.is_pending |= header.kind() != b'g';
        }
        match overrides.is_pending {
            true => Err(self.invalid("the last header describes an entry that is missing".into())),
            false => Ok(()),
        }
    }

    /// Skips an entry, unless it has a type that engines refuse.
    fn entry(&mut self, header: &Header, size: u64, overrides: Overrides) -> Result<(), Problem> {
        self.entries += 1;
        let path = overrides.long_name.filter(|name| !name.is_empty());
        let path = path.or(overrides.pax.path);
        let name = path.map_or_else(|| header.name(), Into::into);
        match header.kind() {
            // A directory of the oldest archives.
            0 if name.ends_with(b"/") => {}
            b'0' | 0 => self.skip(overrides.pax.size.unwrap_or(size))?,
            // These have no data, whatever their size says.
            b'1'..=b'6' => {}
            kind => {
                return Err(Problem::TarEntry {
                    name: shorten(&name),
                    kind,
                })
            }
        }
        self.names.add(&name);
        Ok(())
    }

    fn long_name(&mut self, header: &Header, size: u64) -> Result<Vec<u8>, Problem> {
        let name = self.metadata("GNU long name", header, size)?;
        Ok(until_nul(&name).to_vec())
    }

    fn pax(&mut self, header: &Header, size: u64) -> Result<Records, Problem> {
        let data = self.metadata("pax header", header, size)?;
        Records::parse(&data).map_err(|found| self.invalid(found))
    }

    fn metadata(&mut self, what: &'static str, header: &Header, size: u64) -> Result<Vec<u8>, Problem> {
        if size > MAX_METADATA {
            return Err(Problem::TarMetadata {
                entry: self.entries + 1,
                name: shorten(&header.name()),
                what,
                size,
                limit: MAX_METADATA,
            });
        }
        let mut data = vec![0; size as usize];
        let mut filled = 0;
        while filled < data.len() {
            match self.read_buffer(data.len() - filled)? {
                0 => return Err(self.cut()),
                count => {
                    data[filled..filled + count].copy_from_slice(&self.buffer[..count]);
                    filled += count;
                }
            }
        }
        self.skip_padding(size)?;
        Ok(data)
    }

    /// The next header, or nothing at the end marker.
    fn header_block(&mut self) -> Result<Option<Block>, Problem> {
        let Some(block) = self.block()? else {
            let found = format!("it ends without an end marker after {} entries", self.entries);
            return Err(match self.position {
                0 => self.no_header(),
                _ => Problem::CutTar { found },
            });
        };
        if !is_zero(&block) {
            return Ok(Some(block));
        }
        match self.block()? {
            Some(second) if !is_zero(&second) => {
                Err(self
                    .invalid("a single block of zeros, half an end marker, precedes another block".into()))
            }
            _ => Ok(None),
        }
    }

    /// A block, or nothing at the end of the stream.
    fn block(&mut self) -> Result<Option<Block>, Problem> {
        let mut block = [0; BLOCK_SIZE];
        let mut filled = 0;
        while filled < BLOCK_SIZE {
            match self.read_buffer(BLOCK_SIZE - filled)? {
                0 if filled == 0 => return Ok(None),
                0 if self.position < BLOCK_SIZE as u64 => return Err(self.no_header()),
                0 => return Err(self.cut()),
                count => {
                    block[filled..filled + count].copy_from_slice(&self.buffer[..count]);
                    filled += count;
                }
            }
        }
        Ok(Some(block))
    }

    /// Skips an entry's data and what fills its last block.
    fn skip(&mut self, size: u64) -> Result<(), Problem> {
        self.skip_bytes(size)?;
        self.skip_padding(size)
    }

    fn skip_padding(&mut self, size: u64) -> Result<(), Problem> {
        let block = BLOCK_SIZE as u64;
        self.skip_bytes((block - size % block) % block)
    }

    fn skip_bytes(&mut self, size: u64) -> Result<(), Problem> {
        let mut left = size;
        while left > 0 {
            let wanted = usize::try_from(left).unwrap_or(BUFFER);
            match self.read_buffer(wanted)? {
                0 => return Err(self.cut()),
                count => left -= count as u64,
            }
        }
        Ok(())
    }

    /// Reads at most `wanted` bytes into the buffer; none at the end of the stream.
    fn read_buffer(&mut self, wanted: usize) -> Result<usize, Problem> {
        let wanted = wanted.min(BUFFER);
        loop {
            match self.reader.read(&mut self.buffer[..wanted]) {
                Ok(count) => {
                    self.position += count as u64;
                    return Ok(count);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    let (kind, found) = (self.kind, error.to_string());
                    return Err(Problem::Damaged { kind, found });
                }
            }
        }
    }

    fn cut(&self) -> Problem {
        let (position, entry) = (self.position, self.entries.max(1));
        Problem::CutTar {
            found: format!("it ends at byte {position} in entry {entry}"),
        }
    }

    fn no_header(&self) -> Problem {
        self.invalid("wrong header checksum".into())
    }

    fn invalid(&self, found: String) -> Problem {
        let (position, entries) = (self.position, self.entries);
        Problem::NotTar {
            found: format!("{found} (at byte {position}, after {entries} entries)"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::header::tests::{entry, header};
    use super::*;

    const PLAIN: &[u8] = include_bytes!("../../tests/vectors/layers/a.tar");
    const END: &[u8] = &[0; 2 * BLOCK_SIZE];

    fn check(parts: &[&[u8]]) -> Result<RepeatedNames, String> {
        super::check(&parts.concat()[..], "tar").map_err(|problem| problem.to_string())
    }

    fn found(parts: &[&[u8]]) -> String {
        check(parts).unwrap_err()
    }

    #[test]
    fn a_whole_archive_passes() {
        assert!(check(&[PLAIN]).unwrap().is_empty());
    }

    #[test]
    fn an_empty_archive_passes() {
        check(&[END]).unwrap();
    }

    #[test]
    fn rejects_truncated_archives() {
        assert!(found(&[&PLAIN[..514]]).contains("cut short: it ends at byte 514 in entry 1"));
        assert!(found(&[&PLAIN[..1024], &PLAIN[..100]]).contains("cut short"));
        let name = entry(b'L', b"././@LongLink", b"name");
        assert!(found(&[&name[..514]]).contains("cut short: it ends at byte 514"));
    }

    #[test]
    fn rejects_archives_without_end_marker() {
        let found = found(&[&PLAIN[..1024]]);
        assert!(found.contains("without an end marker after 1 entries"), "{found}");
    }

    #[test]
    fn text_is_no_archive() {
        for text in [&b"no tar at all\n".repeat(100)[..], b"short", b""] {
            assert!(found(&[text]).contains("not a tar archive"));
        }
    }

    #[test]
    fn rejects_data_after_half_end_marker() {
        let file = entry(b'0', b"a", b"x");
        check(&[&file, &END[..BLOCK_SIZE]]).unwrap();
        check(&[&file, END, b"rest"]).unwrap();
        let found = found(&[&file, &END[..BLOCK_SIZE], &file, END]);
        assert!(found.contains("half an end marker"), "{found}");
    }

    #[test]
    fn links_and_directories_have_no_data() {
        let file = entry(b'0', b"a", b"x");
        for kind in b'1'..=b'6' {
            check(&[&header(kind, b"b", 4096), &file, END]).unwrap();
        }
        check(&[&header(0, b"directory/", 4096), &file, END]).unwrap();
        assert!(found(&[&header(0, b"file", 4096), &file, END]).contains("cut short"));
    }

    #[test]
    fn pax_records_replace_name_and_size() {
        let pax = entry(b'x', b"pax", b"12 size=512\n9 path=b\n");
        let file = [header(b'0', b"a", 0), vec![b'x'; BLOCK_SIZE]].concat();
        assert!(check(&[&pax, &file, &entry(b'0', b"a", b""), END])
            .unwrap()
            .is_empty());
        let repeated = check(&[&pax, &file, &entry(b'0', b"b", b""), END]).unwrap();
        assert!(!repeated.is_empty());
    }

    #[test]
    fn long_name_replaces_name() {
        let long = entry(b'L', b"././@LongLink", b"long\0");
        let file = entry(b'0', b"a", b"x");
        assert!(check(&[&file, &long, &file, END]).unwrap().is_empty());
        assert!(!check(&[&long, &file, &long, &file, END]).unwrap().is_empty());
    }

    #[test]
    fn repeated_names_are_reported() {
        let file = entry(b'0', b"a", b"x");
        let text = check(&[&file, &entry(b'5', b"d/", b""), &entry(b'0', b"./a", b"y"), END])
            .unwrap()
            .to_string();
        assert!(
            text.starts_with("1 entry repeats an earlier name, as in \"./a\"; "),
            "{text}"
        );
    }

    #[test]
    fn rejects_metadata_beyond_limit() {
        let file = entry(b'0', b"a", b"x");
        let limit = vec![b'n'; MAX_METADATA as usize];
        check(&[&entry(b'L', b"././@LongLink", &limit), &file, END]).unwrap();
        for (kind, what) in [
            (b'L', "GNU long name"),
            (b'K', "GNU long link"),
            (b'x', "pax header"),
            (b'g', "pax header"),
        ] {
            // The size in the header decides: the data need not follow.
            let found = found(&[&file, &header(kind, b"long", MAX_METADATA + 1)]);
            let expected =
                format!("entry 2 (\"long\") has a {what} of 1048577 bytes: expected at most 1048576");
            assert!(found.contains(&expected), "{found}");
        }
    }

    #[test]
    fn rejects_types_that_engines_refuse() {
        for (kind, what) in [
            (b'S', "type 'S' (sparse file)"),
            (b'D', "type 'D' (directory of an incremental backup)"),
            (b'M', "type 'M' (file continued from another volume)"),
            (b'V', "type 'V' (volume label)"),
            (b'7', "type '7'"),
            (0xff, "type '\\xff'"),
        ] {
            let found = found(&[&entry(kind, b"name", b""), END]);
            assert!(
                found.contains(&format!("entry \"name\" has the {what}")),
                "{found}"
            );
        }
    }

    #[test]
    fn rejects_malformed_headers() {
        let file = entry(b'0', b"a", b"x");
        let pax = entry(b'x', b"pax", b"9 path=bb\n");
        assert!(found(&[&pax, &file, END]).contains("invalid pax record \"9 path=bb"));
        let global = entry(b'g', b"pax", b"nonsense");
        assert!(found(&[&global, &file, END]).contains("invalid pax record"));
        let long = entry(b'L', b"././@LongLink", b"name");
        assert!(found(&[&file, &long, END]).contains("describes an entry that is missing"));
        let mut wrong = file.clone();
        wrong[0] = b'b';
        assert!(found(&[&file, &wrong, END]).contains("wrong header checksum (at byte 1536, after 1"));
    }
}
