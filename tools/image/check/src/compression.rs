//! How a layer's blob is packed.

use std::io::{self, Read};

use ruzstd::decoding::{FrameDecoder, StreamingDecoder};

use crate::tar::{self, TarEntry};

/// What a layer's media type says of its compression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Compression {
    None,
    Gzip,
    Zstd,
}

impl Compression {
    /// Reads the OCI's and Docker's media types alike.
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

/// The tar in a layer's blob, and its entries.
pub(crate) struct Unpacked {
    pub(crate) tar: Vec<u8>,
    pub(crate) entries: Vec<TarEntry>,
}

/// Unpacks a blob only as far as its tar is well-formed: metadata beyond its bounds is never held.
pub(crate) fn unpack(media_type: &str, blob: Vec<u8>) -> Result<Unpacked, String> {
    match Compression::of(media_type) {
        Some(Compression::None) => Ok(Unpacked {
            entries: tar::read(blob.as_slice())?,
            tar: blob,
        }),
        Some(Compression::Gzip) => copy(flate2::read::MultiGzDecoder::new(blob.as_slice())),
        Some(Compression::Zstd) => copy(ZstdFrames::new(&blob)),
        None => Err("its media type is none of tar, tar+gzip, tar+zstd".to_owned()),
    }
}

fn copy(source: impl Read) -> Result<Unpacked, String> {
    let mut copy = Copy {
        source,
        tar: Vec::new(),
    };
    let entries = tar::read(&mut copy)?;
    Ok(Unpacked {
        tar: copy.tar,
        entries,
    })
}

/// Keeps what is read.
struct Copy<R> {
    source: R,
    tar: Vec<u8>,
}

impl<R: Read> Read for Copy<R> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let length = self.source.read(to)?;
        self.tar.extend(to.iter().take(length));
        Ok(length)
    }
}

/// Reads one frame after the other: the decoder stops at a frame's end.
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
}

impl Read for ZstdFrames<'_> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        loop {
            let mut frame = match self.frame.take() {
                Some(frame) => frame,
                None if self.rest.is_empty() => return Ok(0),
                None => StreamingDecoder::new(self.rest).map_err(io::Error::other)?,
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
    fn media_types() {
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
    fn zstd_in_several_frames() {
        use ruzstd::encoding::{compress_to_vec, CompressionLevel};
        let mut blob = compress_to_vec(&b"one "[..], CompressionLevel::Fastest);
        blob.extend(compress_to_vec(&b"two"[..], CompressionLevel::Fastest));
        let mut text = String::new();
        ZstdFrames::new(&blob).read_to_string(&mut text).unwrap();
        assert_eq!(text, "one two");
        assert!(ZstdFrames::new(b"no zstd").read_to_string(&mut text).is_err());
    }
}
