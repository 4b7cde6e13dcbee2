//! The header block of an entry.

use std::borrow::Cow;

/// The size of a block in bytes.
pub const BLOCK_SIZE: usize = 512;

/// A block of an archive.
pub type Block = [u8; BLOCK_SIZE];

const CHECKSUM: std::ops::Range<usize> = 148..156;
const TYPE: usize = 156;
const MAGIC: std::ops::Range<usize> = 257..263;

/// The header of an entry, in any of the formats that Go's `archive/tar` reads.
pub struct Header<'a>(&'a Block);

impl<'a> Header<'a> {
    /// Parses a block; `None` if its checksum is wrong.
    pub fn new(block: &'a Block) -> Option<Self> {
        let stored = number(&block[CHECKSUM])?;
        let in_sum = |at: usize| if CHECKSUM.contains(&at) { b' ' } else { block[at] };
        let unsigned: u64 = (0..BLOCK_SIZE).map(|at| u64::from(in_sum(at))).sum();
        // Some old programs sum signed bytes.
        let signed: i64 = (0..BLOCK_SIZE).map(|at| i64::from(in_sum(at) as i8)).sum();
        let matches = stored == unsigned || i64::try_from(stored) == Ok(signed);
        matches.then_some(Self(block))
    }

    /// The entry's type.
    pub fn kind(&self) -> u8 {
        self.0[TYPE]
    }

    /// The size of the entry's data; `None` if it is invalid or negative.
    pub fn size(&self) -> Option<u64> {
        number(&self.0[124..136])
    }

    /// The name in the header, without overrides by extended headers.
    pub fn name(&self) -> Cow<'a, [u8]> {
        let name = until_nul(&self.0[..100]);
        let prefix = match &self.0[MAGIC] {
            b"ustar\0" if &self.0[508..] == b"tar\0" => until_nul(&self.0[345..476]),
            b"ustar\0" => until_nul(&self.0[345..500]),
            _ => &[],
        };
        match prefix {
            [] => Cow::Borrowed(name),
            _ => Cow::Owned([prefix, b"/", name].concat()),
        }
    }
}

/// Whether `bytes` begin with a header, or with the end marker of an empty archive.
pub fn is_start(bytes: &[u8]) -> bool {
    let block = bytes.first_chunk::<BLOCK_SIZE>();
    block.is_some_and(|block| is_zero(block) || Header::new(block).is_some())
}

/// Whether a block is part of the end marker.
pub fn is_zero(block: &Block) -> bool {
    block.iter().all(|byte| *byte == 0)
}

/// The part of a field before the first NUL.
pub fn until_nul(field: &[u8]) -> &[u8] {
    field.split(|byte| *byte == 0).next().unwrap_or_default()
}

/// Parses a number: octal, or base-256 if the first bit is set. An empty field is 0.
fn number(field: &[u8]) -> Option<u64> {
    match field {
        [first, rest @ ..] if first & 0x80 != 0 => {
            // The second bit is the sign.
            let start = u64::from(first & 0x7f);
            let value = rest.iter().try_fold(start, |value, byte| {
                value.checked_mul(256)?.checked_add((*byte).into())
            });
            value.filter(|_| first & 0x40 == 0)
        }
        _ => {
            let is_padding = |byte: &u8| *byte == b' ' || *byte == 0;
            let start = field.iter().position(|byte| !is_padding(byte));
            let end = field.iter().rposition(|byte| !is_padding(byte));
            let (Some(start), Some(end)) = (start, end) else {
                return Some(0);
            };
            let digits = until_nul(&field[start..=end]);
            digits.iter().try_fold(0_u64, |value, digit| match digit {
                b'0'..=b'7' => value.checked_mul(8)?.checked_add(u64::from(digit - b'0')),
                _ => None,
            })
        }
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// A header with the right checksum.
    pub fn header(kind: u8, name: &[u8], size: u64) -> Vec<u8> {
        let mut header = tar::Header::new_ustar();
        header.set_size(size);
        header.as_mut_bytes()[..name.len()].copy_from_slice(name);
        header.as_mut_bytes()[TYPE] = kind;
        header.set_cksum();
        header.as_bytes().to_vec()
    }

    /// A header and data.
    pub fn entry(kind: u8, name: &[u8], data: &[u8]) -> Vec<u8> {
        let mut entry = header(kind, name, data.len() as u64);
        entry.extend_from_slice(data);
        entry.resize(entry.len().next_multiple_of(BLOCK_SIZE), 0);
        entry
    }

    #[test]
    fn reads_octal_and_binary_numbers() {
        assert_eq!(number(b"00000000017\0"), Some(15));
        assert_eq!(number(b"     17 \0"), Some(15));
        assert_eq!(number(b"\0\0\0"), Some(0));
        assert_eq!(number(b"\x80\0\0\0\0\0\0\0\0\0\x01\x02"), Some(258));
    }

    #[test]
    fn rejects_invalid_numbers() {
        for field in [&b"0000008\0"[..], &[0xff; 12], &[0x9f; 12], b"1x\0"] {
            assert_eq!(number(field), None, "{field:?}");
        }
    }

    #[test]
    fn rejects_wrong_checksums() {
        let block: Block = [b'a'; BLOCK_SIZE];
        assert!(Header::new(&block).is_none());
        assert!(!is_start(&block));
        assert!(is_start(&[0; BLOCK_SIZE]));
        assert!(!is_start(&[0; BLOCK_SIZE - 1]));
    }
}
