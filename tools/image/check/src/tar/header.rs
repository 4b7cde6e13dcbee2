//! The header block of an entry.

use super::{EntryType, Kind};

pub(super) const BLOCK: usize = 512;

pub(super) struct Header {
    block: [u8; BLOCK],
}

impl Header {
    pub(super) fn parse(block: &[u8; BLOCK]) -> Result<Self, String> {
        let header = Self { block: *block };
        let expected = header.number(148, 8, "checksum")?;
        let blank = |(at, byte): (usize, &u8)| if (148..156).contains(&at) { b' ' } else { *byte };
        let bytes = || header.block.iter().enumerate().map(blank);
        let unsigned: u64 = bytes().map(u64::from).sum();
        // Old programs sum signed bytes.
        let signed: i64 = bytes().map(|byte| i64::from(byte.cast_signed())).sum();
        if unsigned == expected || i64::try_from(expected) == Ok(signed) {
            Ok(header)
        } else {
            Err("invalid tar header: wrong checksum".to_owned())
        }
    }

    pub(super) fn type_flag(&self) -> u8 {
        self.block.get(156).copied().unwrap_or_default()
    }

    pub(super) fn entry_type(&self, name: &str) -> Result<EntryType, String> {
        Ok(match self.type_flag() {
            // Formats before ustar have no type for directories.
            0 if name.ends_with('/') => EntryType::Inode(Kind::Dir),
            0 | b'0' => EntryType::Inode(Kind::File),
            b'1' => EntryType::Hardlink,
            b'2' => EntryType::Inode(Kind::Symlink),
            b'3' => EntryType::Inode(Kind::CharDevice),
            b'4' => EntryType::Inode(Kind::BlockDevice),
            b'5' => EntryType::Inode(Kind::Dir),
            b'6' => EntryType::Inode(Kind::Fifo),
            other => {
                let note = match other {
                    b'S' => " (sparse)",
                    b'D' => " (incremental)",
                    _ => "",
                };
                let flag = char::from(other);
                return Err(format!(
                    "entry of type {flag:?}{note}, which podman and docker reject"
                ));
            }
        })
    }

    pub(super) fn name(&self) -> Result<String, String> {
        let name = text(self.field(0, 100))?;
        let prefix = match (self.field(257, 8), self.field(508, 4)) {
            (b"ustar\x0000", b"tar\0") => self.field(345, 131),
            (b"ustar\x0000", _) => self.field(345, 155),
            _ => &[],
        };
        Ok(match text(prefix)? {
            prefix if prefix.is_empty() => name,
            prefix => format!("{prefix}/{name}"),
        })
    }

    pub(super) fn link(&self) -> Result<String, String> {
        text(self.field(157, 100))
    }

    pub(super) fn mode(&self) -> Result<u32, String> {
        // Some programs also write the file type into the higher bits.
        let mode = self.number(100, 8, "mode")? & 0o7777;
        u32::try_from(mode).map_err(|error| error.to_string())
    }

    pub(super) fn uid(&self) -> Result<u32, String> {
        self.id(108, "uid")
    }

    pub(super) fn gid(&self) -> Result<u32, String> {
        self.id(116, "gid")
    }

    pub(super) fn size(&self) -> Result<u64, String> {
        self.number(124, 12, "size")
    }

    pub(super) fn device(&self, entry_type: EntryType) -> Result<(u32, u32), String> {
        match entry_type {
            EntryType::Inode(Kind::CharDevice | Kind::BlockDevice) => {
                Ok((self.id(329, "device number")?, self.id(337, "device number")?))
            }
            _ => Ok((0, 0)),
        }
    }

    fn id(&self, at: usize, what: &str) -> Result<u32, String> {
        let number = self.number(at, 8, what)?;
        u32::try_from(number).map_err(|_| invalid(what, number))
    }

    /// Octal digits or, if the highest bit is set, a big-endian number.
    fn number(&self, at: usize, length: usize, what: &str) -> Result<u64, String> {
        let field = self.field(at, length);
        let shown = || invalid(what, String::from_utf8_lossy(field));
        if field.first().is_some_and(|first| first & 0x80 != 0) {
            // Bit 0x40 is the sign.
            let mut value = u128::from(field.first().map_or(0, |first| first & 0x7f));
            if value & 0x40 != 0 {
                return Err(shown());
            }
            for byte in field.iter().skip(1) {
                value = value << 8 | u128::from(*byte);
            }
            return u64::try_from(value).map_err(|_| shown());
        }
        let is_blank = |byte: &u8| matches!(byte, b' ' | 0);
        let digits = field
            .iter()
            .skip_while(|byte| is_blank(byte))
            .take_while(|byte| **byte != 0);
        let digits = String::from_utf8_lossy(&digits.copied().collect::<Vec<_>>())
            .trim_end_matches(' ')
            .to_owned();
        if digits.is_empty() {
            return Ok(0);
        }
        u64::from_str_radix(&digits, 8)
            .ok()
            .filter(|_| !digits.starts_with('+'))
            .ok_or_else(shown)
    }

    fn field(&self, at: usize, length: usize) -> &[u8] {
        self.block.get(at..at + length).unwrap_or_default()
    }
}

fn invalid(what: &str, value: impl std::fmt::Display) -> String {
    format!("invalid {what} \"{value}\"")
}

/// The text before the first NUL.
pub(super) fn text(bytes: &[u8]) -> Result<String, String> {
    let text = bytes.split(|byte| *byte == 0).next().unwrap_or_default();
    String::from_utf8(text.to_vec())
        .map_err(|_| format!("invalid name {:?}: expected UTF-8", String::from_utf8_lossy(text)))
}
