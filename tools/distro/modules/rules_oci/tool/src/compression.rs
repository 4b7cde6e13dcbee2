//! Tells a layer's compression from its content.

use std::io::{self, BufRead, Read};

use flate2::bufread::MultiGzDecoder;

use crate::error::Problem;
use crate::spec::media_type;
use crate::zstd::ZstdReader;

/// How a layer is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    /// Not at all.
    None,
    /// gzip.
    Gzip,
    /// Zstandard.
    Zstd,
}

const GZIP: &[u8] = &[0x1f, 0x8b];
const ZSTD: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];
const UNUSABLE: [(&[u8], &str); 3] = [
    (&[0xfd, b'7', b'z', b'X', b'Z', 0], "xz"),
    (b"BZh", "bzip2"),
    (&[0x04, 0x22, 0x4d, 0x18], "lz4"),
];

impl Compression {
    /// Looks at the first bytes of a layer, at least six if it has so many.
    pub fn detect(start: &[u8]) -> Result<Self, Problem> {
        if start.starts_with(GZIP) {
            return Ok(Self::Gzip);
        }
        if start.starts_with(ZSTD) || is_skippable_frame(start) {
            return Ok(Self::Zstd);
        }
        match UNUSABLE.iter().find(|(magic, _)| start.starts_with(magic)) {
            Some((_, kind)) => Err(Problem::Compression { kind }),
            None => Ok(Self::None),
        }
    }

    /// The media type of a layer that is compressed so.
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

    /// A reader of what is inside.
    pub fn decoder<R: BufRead>(self, source: R) -> Decoder<R> {
        match self {
            Self::None => Decoder::None(source),
            Self::Gzip => Decoder::Gzip(MultiGzDecoder::new(source)),
            Self::Zstd => Decoder::Zstd(Box::new(ZstdReader::new(source))),
        }
    }
}

fn is_skippable_frame(start: &[u8]) -> bool {
    start.len() >= 4 && start[0] & 0xf0 == 0x50 && start[1..4] == [0x2a, 0x4d, 0x18]
}

/// Reads the content of a layer, whatever its compression.
pub enum Decoder<R> {
    /// Passes through.
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
    fn content_decides() {
        assert_eq!(Compression::detect(b"\x1f\x8b\x08").unwrap(), Compression::Gzip);
        assert_eq!(
            Compression::detect(b"\x28\xb5\x2f\xfd").unwrap(),
            Compression::Zstd
        );
        assert_eq!(Compression::detect(b"etc/passwd").unwrap(), Compression::None);
        assert_eq!(Compression::detect(b"").unwrap(), Compression::None);
    }

    #[test]
    fn other_compressions_are_named() {
        let error = Compression::detect(b"\xfd7zXZ\0").unwrap_err().to_string();
        assert!(error.contains("compressed with xz"), "{error}");
    }
}
