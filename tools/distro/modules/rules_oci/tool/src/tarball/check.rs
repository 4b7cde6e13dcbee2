//! Checks that a stream is a complete tar archive that container engines unpack.

use std::io::{self, Read};

use super::header::{is_zero, until_nul, Block, Header, BLOCK_SIZE};
use super::names::{truncate, Names, RepeatedNames};
use super::pax::Records;
use crate::error::Problem;

/// The maximum size in bytes of a name or pax header in Go's `archive/tar`, which engines use.
const MAX_METADATA: u64 = 1 << 20;

const BUFFER: usize = 64 * 1024;

/// Reads and checks a tar archive; returns the names that occur more than once.
///
/// Reads past the end marker to the end of the stream, because callers hash the whole file. At most two names or pax
/// headers are in memory at a time.
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

/// Fields that extended headers override in the next entry.
#[derive(Default)]
struct Overrides {
    pax: Records,
    long_name: Option<Vec<u8>>,
    /// Whether an extended header requires an entry.
    is_pending: bool,
}

impl<R: Read> Archive<R> {
    fn walk(&mut self) -> Result<(), Problem> {
        let mut overrides = Overrides::default();
        while let Some(block) = self.header_block()? {
            let header = Header::new(&block).ok_or_else(|| self.invalid_header())?;
            let size = header.size().ok_or_else(|| {
                self.invalid("invalid size in a header: expected a non-negative number".into())
            })?;
            match header.kind() {
                b'L' => overrides.long_name = Some(self.long_name(&header, size)?),
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
            true => Err(self.invalid("missing entry after its extended header".into())),
            false => Ok(()),
        }
    }

    /// Skips an entry, or fails if engines do not support its type.
    fn entry(&mut self, header: &Header, size: u64, overrides: Overrides) -> Result<(), Problem> {
        self.entries += 1;
        let path = overrides.long_name.filter(|name| !name.is_empty());
        let path = path.or(overrides.pax.path);
        let name = path.map_or_else(|| header.name(), Into::into);
        match header.kind() {
            // A directory in the pre-POSIX format.
            0 if name.ends_with(b"/") => {}
            b'0' | 0 => self.skip(overrides.pax.size.unwrap_or(size))?,
            // Without data, regardless of the size field.
            b'1'..=b'6' => {}
            kind => {
                return Err(Problem::UnsupportedEntry {
                    name: truncate(&name),
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
            return Err(Problem::OversizedMetadata {
                entry: self.entries + 1,
                name: truncate(&header.name()),
                what,
                size,
                limit: MAX_METADATA,
            });
        }
        let mut data = vec![0; size as usize];
        let mut filled = 0;
        while filled < data.len() {
            match self.read_buffer(data.len() - filled)? {
                0 => return Err(self.truncated()),
                count => {
                    data[filled..filled + count].copy_from_slice(&self.buffer[..count]);
                    filled += count;
                }
            }
        }
        self.skip_padding(size)?;
        Ok(data)
    }

    /// The next header; `None` at the end marker.
    fn header_block(&mut self) -> Result<Option<Block>, Problem> {
        let Some(block) = self.block()? else {
            let found = format!("no end marker after {} entries", self.entries);
            return Err(match self.position {
                0 => self.invalid_header(),
                _ => Problem::TruncatedTar { found },
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

    /// The next block; `None` at the end of the stream.
    fn block(&mut self) -> Result<Option<Block>, Problem> {
        let mut block = [0; BLOCK_SIZE];
        let mut filled = 0;
        while filled < BLOCK_SIZE {
            match self.read_buffer(BLOCK_SIZE - filled)? {
                0 if filled == 0 => return Ok(None),
                0 if self.position < BLOCK_SIZE as u64 => return Err(self.invalid_header()),
                0 => return Err(self.truncated()),
                count => {
                    block[filled..filled + count].copy_from_slice(&self.buffer[..count]);
                    filled += count;
                }
            }
        }
        Ok(Some(block))
    }

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
            let limit = usize::try_from(left).unwrap_or(BUFFER);
            match self.read_buffer(limit)? {
                0 => return Err(self.truncated()),
                count => left -= count as u64,
            }
        }
        Ok(())
    }

    /// Reads at most `limit` bytes into the buffer; 0 at the end of the stream.
    fn read_buffer(&mut self, limit: usize) -> Result<usize, Problem> {
        let limit = limit.min(BUFFER);
        loop {
            match self.reader.read(&mut self.buffer[..limit]) {
                Ok(count) => {
                    self.position += count as u64;
                    return Ok(count);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    let (kind, found) = (self.kind, error.to_string());
                    return Err(Problem::CorruptData { kind, found });
                }
            }
        }
    }

    fn truncated(&self) -> Problem {
        let (position, entry) = (self.position, self.entries.max(1));
        Problem::TruncatedTar {
            found: format!("ends at byte {position} in entry {entry}"),
        }
    }

    fn invalid_header(&self) -> Problem {
        self.invalid("wrong header checksum".into())
    }

    fn invalid(&self, found: String) -> Problem {
        let (position, entries) = (self.position, self.entries);
        Problem::InvalidTar {
            found: format!("{found} (at byte {position}, after {entries} entries)"),
        }
    }
}

#[cfg(test)]
mod tests;
