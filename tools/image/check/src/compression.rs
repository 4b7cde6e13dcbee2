//! Compression of layers.

use std::io::{self, Read};

use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{FrameDecoder, StreamingDecoder};

use crate::tar::{self, TarEntry};

/// The compression that a layer's media type names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Compression {
    None,
    Gzip,
    Zstd,
}

impl Compression {
    /// Accepts the media types of OCI and of Docker.
    pub(crate) fn of(media_type: &str) -> Option<Self> {
        let suffix = media_type.rsplit(['.', '+']).next()?;
        match suffix {
            "tar" => Some(Self::None),
            "gzip" => Some(Self::Gzip),
            "zstd" => Some(Self::Zstd),
            _ => None,
        }
    }
}

/// A decompressed layer.
pub(crate) struct Unpacked {
    pub(crate) tar: Vec<u8>,
    pub(crate) entries: Vec<TarEntry>,
}

/// Decompresses and parses a layer at the same time: decompression stops where the tar is malformed, or its metadata
/// exceeds the limits.
pub(crate) fn unpack(media_type: &str, blob: Vec<u8>) -> Result<Unpacked, String> {
    match Compression::of(media_type) {
        Some(Compression::None) => Ok(Unpacked {
            entries: tar::read(blob.as_slice())?,
            tar: blob,
        }),
        Some(Compression::Gzip) => unpack_from(flate2::read::MultiGzDecoder::new(blob.as_slice())),
        Some(Compression::Zstd) => unpack_from(ZstdFrames::new(&blob)),
        None => Err("invalid media type: expected tar, tar+gzip or tar+zstd".to_owned()),
    }
}

fn unpack_from(source: impl Read) -> Result<Unpacked, String> {
    let mut tee = Tee {
        source,
        copy: Vec::new(),
    };
    let entries = tar::read(&mut tee)?;
    Ok(Unpacked {
        tar: tee.copy,
        entries,
    })
}

/// Copies the bytes that pass through.
struct Tee<R> {
    source: R,
    copy: Vec<u8>,
}

impl<R: Read> Read for Tee<R> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let length = self.source.read(to)?;
        self.copy.extend(to.iter().take(length));
        Ok(length)
    }
}

/// Size of the header of a skippable frame: magic number and length.
const SKIPPABLE_HEADER: usize = 8;

/// Reads all frames of a blob: the decoder stops at the end of each. Skippable frames contain metadata, as in layers of
/// podman's zstd:chunked.
struct ZstdFrames<'a> {
    rest: &'a [u8],
    frame: Option<StreamingDecoder<&'a [u8], FrameDecoder>>,
}

impl<'a> ZstdFrames<'a> {
    fn new(blob: &'a [u8]) -> Self {
        Self {
            rest: blob,
            frame: None,
        }
    }

    /// The next frame that is not skippable.
    fn next_frame(&mut self) -> io::Result<Option<StreamingDecoder<&'a [u8], FrameDecoder>>> {
        while !self.rest.is_empty() {
            match StreamingDecoder::new(self.rest) {
                Ok(frame) => return Ok(Some(frame)),
                Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame {
                    length,
                    ..
                })) => {
                    let rest = usize::try_from(length)
                        .ok()
                        .and_then(|length| self.rest.get(SKIPPABLE_HEADER..)?.get(length..));
                    self.rest = rest.ok_or_else(|| io::Error::other("truncated skippable frame"))?;
                }
                Err(error) => return Err(io::Error::other(error)),
            }
        }
        Ok(None)
    }
}

impl Read for ZstdFrames<'_> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        loop {
            let started = self
                .frame
                .take()
                .map_or_else(|| self.next_frame(), |it| Ok(Some(it)));
            let Some(mut frame) = started? else {
                return Ok(0);
            };
            let length = frame.read(to)?;
            if length > 0 || to.is_empty() {
                self.frame = Some(frame);
                return Ok(length);
            }
            self.rest = frame.into_inner();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_media_types() {
        let of = Compression::of;
        assert_eq!(
            of("application/vnd.oci.image.layer.v1.tar"),
            Some(Compression::None)
        );
        assert_eq!(
            of("application/vnd.oci.image.layer.v1.tar+gzip"),
            Some(Compression::Gzip)
        );
        assert_eq!(
            of("application/vnd.oci.image.layer.v1.tar+zstd"),
            Some(Compression::Zstd)
        );
        assert_eq!(
            of("application/vnd.docker.image.rootfs.diff.tar.gzip"),
            Some(Compression::Gzip)
        );
        assert_eq!(
            of("application/vnd.docker.image.rootfs.diff.tar.zstd"),
            Some(Compression::Zstd)
        );
        assert_eq!(of("application/json"), None);
    }

    #[test]
    fn reads_several_zstd_frames() {
        use ruzstd::encoding::{compress_to_vec, CompressionLevel};
        let mut blob = compress_to_vec(&b"one "[..], CompressionLevel::Fastest);
        blob.extend(compress_to_vec(&b"two"[..], CompressionLevel::Fastest));
        let mut text = String::new();
        ZstdFrames::new(&blob).read_to_string(&mut text).unwrap();
        assert_eq!(text, "one two");
        let skippable = [0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, b'x', b'y', b'z'];
        blob = [&skippable[..], &blob, &skippable].concat();
        text.clear();
        ZstdFrames::new(&blob).read_to_string(&mut text).unwrap();
        assert_eq!(text, "one two");
        let truncated = blob.get(..blob.len() - 1).unwrap();
        assert!(ZstdFrames::new(truncated).read_to_string(&mut text).is_err());
        assert!(ZstdFrames::new(b"not zstd").read_to_string(&mut text).is_err());
    }
}
