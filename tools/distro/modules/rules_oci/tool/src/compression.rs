//! Detects a layer's compression by content.

use std::io::{self, BufRead, Read};

use flate2::bufread::MultiGzDecoder;

use crate::error::Problem;
use crate::spec::media_type;
use crate::tarball;
use crate::zstd::ZstdReader;

/// The compression of a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    /// Uncompressed.
    None,
    /// gzip.
    Gzip,
    /// Zstandard.
    Zstd,
}

const MAGIC: [(&[u8], &str); 5] = [
    (&[0x1f, 0x8b], "gzip"),
    (&[0x28, 0xb5, 0x2f, 0xfd], "zstd"),
    (&[0xfd, b'7', b'z', b'X', b'Z', 0], "xz"),
    (b"BZh", "bzip2"),
    (&[0x04, 0x22, 0x4d, 0x18], "lz4"),
];

impl Compression {
    /// Detects the compression from the first block of a layer.
    ///
    /// A valid tar header takes precedence, because the first entry's name may begin with a magic number.
    pub fn detect(start: &[u8]) -> Result<Self, Problem> {
        if tarball::is_start(start) {
            return Ok(Self::None);
        }
        match magic(start) {
            Some("gzip") => Ok(Self::Gzip),
            Some("zstd") => Ok(Self::Zstd),
            Some(kind) => Err(Problem::UnsupportedCompression { kind }),
            None => Ok(Self::None),
        }
    }

    /// The media type of a layer with this compression.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::None => media_type::LAYER,
            Self::Gzip => media_type::LAYER_GZIP,
            Self::Zstd => media_type::LAYER_ZSTD,
        }
    }

    /// The name in messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "tar",
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
        }
    }

    /// A reader of the decompressed content.
    pub fn decoder<R: BufRead>(self, source: R) -> Decoder<R> {
        match self {
            Self::None => Decoder::None(source),
            Self::Gzip => Decoder::Gzip(MultiGzDecoder::new(source)),
            Self::Zstd => Decoder::Zstd(Box::new(ZstdReader::new(source))),
        }
    }
}

/// The compression whose magic number `start` begins with.
pub fn magic(start: &[u8]) -> Option<&'static str> {
    if is_skippable_frame(start) {
        return Some("zstd");
    }
    let found = MAGIC.iter().find(|(magic, _)| start.starts_with(magic));
    found.map(|(_, kind)| *kind)
}

fn is_skippable_frame(start: &[u8]) -> bool {
    start.len() >= 4 && start[0] & 0xf0 == 0x50 && start[1..4] == [0x2a, 0x4d, 0x18]
}

/// Reads the decompressed content of a layer.
pub enum Decoder<R> {
    /// Reads uncompressed content.
    None(R),
    /// Reads gzip members.
    Gzip(MultiGzDecoder<R>),
    /// Reads zstd frames.
    Zstd(Box<ZstdReader<R>>),
}

impl<R: BufRead> Read for Decoder<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::None(reader) => reader.read(buffer),
            Self::Gzip(reader) => reader.read(buffer),
            Self::Zstd(reader) => reader.read(buffer),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn detects_compression_by_content() {
        assert_eq!(Compression::detect(b"\x1f\x8b\x08").unwrap(), Compression::Gzip);
        assert_eq!(
            Compression::detect(b"\x28\xb5\x2f\xfd").unwrap(),
            Compression::Zstd
        );
        assert_eq!(Compression::detect(b"etc/passwd").unwrap(), Compression::None);
        assert_eq!(Compression::detect(b"").unwrap(), Compression::None);
    }

    #[test]
    fn tar_header_precedes_magic() {
        for (magic, _) in MAGIC {
            let mut header = tar::Header::new_ustar();
            header.as_mut_bytes()[..magic.len()].copy_from_slice(magic);
            assert!(!matches!(
                Compression::detect(header.as_bytes()),
                Ok(Compression::None)
            ));
            header.set_cksum();
            assert_eq!(Compression::detect(header.as_bytes()).unwrap(), Compression::None);
        }
    }

    #[test]
    fn names_unsupported_compression() {
        let error = Compression::detect(b"\xfd7zXZ\0").unwrap_err().to_string();
        assert!(error.contains("unsupported compression \"xz\""), "{error}");
    }
}
