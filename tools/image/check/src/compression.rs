//! How a layer's blob is packed.

use std::io::Read;

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

/// The tar in a layer's blob.
pub(crate) fn decompress(media_type: &str, blob: Vec<u8>) -> Result<Vec<u8>, String> {
    match Compression::of(media_type) {
        Some(Compression::None) => Ok(blob),
        Some(Compression::Gzip) => {
            let mut tar = Vec::new();
            let mut decoder = flate2::read::MultiGzDecoder::new(blob.as_slice());
            decoder.read_to_end(&mut tar).map_err(|error| error.to_string())?;
            Ok(tar)
        }
        Some(Compression::Zstd) => unzstd(&blob),
        None => Err("its media type is none of tar, tar+gzip, tar+zstd".to_owned()),
    }
}

fn unzstd(mut blob: &[u8]) -> Result<Vec<u8>, String> {
    let mut tar = Vec::new();
    // The decoder stops after each of the frames that a blob may consist of.
    while !blob.is_empty() {
        ruzstd::decoding::StreamingDecoder::new(&mut blob)
            .map_err(|error| error.to_string())?
            .read_to_end(&mut tar)
            .map_err(|error| error.to_string())?;
    }
    Ok(tar)
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
        assert_eq!(of("application/json"), None);
    }

    #[test]
    fn zstd_in_several_frames() {
        use ruzstd::encoding::{compress_to_vec, CompressionLevel};
        let mut blob = compress_to_vec(&b"one "[..], CompressionLevel::Fastest);
        blob.extend(compress_to_vec(&b"two"[..], CompressionLevel::Fastest));
        assert_eq!(unzstd(&blob).unwrap(), b"one two");
        assert!(unzstd(b"no zstd").is_err());
    }
}
