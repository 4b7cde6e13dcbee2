//! A layer: a tar file, compressed or not, and what an image says about it.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::Path;

use serde_json::Value;

use crate::compression::Compression;
use crate::digest::HashReader;
use crate::error::{IoContext, Problem, Result};
use crate::spec::{Descriptor, Digest};
use crate::tarball;

const BUFFER: usize = 128 * 1024;

/// What an image's manifest and config say about a layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layer {
    /// The blob's media type, digest and size.
    pub descriptor: Descriptor,
    /// The digest of the uncompressed tar.
    pub diff_id: Digest,
}

impl Layer {
    /// Reads a layer once, as a stream: hashes it, finds its compression and checks that it is whole.
    pub fn inspect(path: &Path) -> Result<Self> {
        let file = File::open(path).doing("opening", path)?;
        let mut raw = HashReader::new(file);
        let (compression, inner) = read_content(&mut raw).map_err(|problem| problem.at(path))?;
        raw.drain().doing("reading", path)?;
        let (digest, size) = raw.finish();
        let descriptor = Descriptor::new(compression.media_type(), size, digest.clone());
        Ok(Self {
            descriptor,
            diff_id: inner.unwrap_or(digest),
        })
    }

    /// The description as a file for `oci-tool image --layer`.
    pub fn to_json(&self) -> String {
        let mut description = self.descriptor.to_value();
        description["diffId"] = self.diff_id.as_str().into();
        description.to_string()
    }

    /// Reads a description that `to_json` wrote.
    pub fn from_file(path: &Path) -> Result<Self> {
        let text = fs::read(path).doing("reading", path)?;
        let parse = || {
            let mut value: Value = serde_json::from_slice(&text).map_err(|error| error.to_string())?;
            let diff_id = Digest::parse(value["diffId"].take().as_str().unwrap_or_default())?;
            let descriptor = Descriptor::from_value(&value)?;
            Ok(Self { descriptor, diff_id })
        };
        parse().map_err(|found| {
            let what = "layer description";
            Problem::Document { what, found }.at(path)
        })
    }
}

/// The compression, and the digest of the content where it is not the file's own.
fn read_content(raw: &mut HashReader<File>) -> std::result::Result<(Compression, Option<Digest>), Problem> {
    let mut buffered = BufReader::with_capacity(BUFFER, raw);
    let start = buffered
        .fill_buf()
        .map_err(|source| Problem::io("reading", source))?;
    if start.is_empty() {
        return Err(Problem::EmptyLayer);
    }
    let compression = Compression::detect(start)?;
    if compression == Compression::None {
        tarball::check(buffered, compression.name())?;
        return Ok((compression, None));
    }
    let mut content = HashReader::new(compression.decoder(buffered));
    tarball::check(&mut content, compression.name())?;
    Ok((compression, Some(content.finish().0)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scratch::Scratch;
    use crate::spec::media_type;

    const GZIP: &[u8] = include_bytes!("../tests/vectors/layers/c.tar.gz");

    fn inspect(name: &str, content: &[u8]) -> std::result::Result<Layer, String> {
        let scratch = Scratch::new();
        Layer::inspect(&scratch.file(name, content)).map_err(|error| error.to_string())
    }

    #[test]
    fn the_name_does_not_decide() {
        let layer = inspect("layer.tar", GZIP).unwrap();
        assert_eq!(layer.descriptor.media_type, media_type::LAYER_GZIP);
        assert_ne!(layer.diff_id, layer.descriptor.digest);
    }

    #[test]
    fn a_description_survives_its_file() {
        let layer = inspect("layer", GZIP).unwrap();
        let scratch = Scratch::new();
        let path = scratch.file("layer.json", layer.to_json().as_bytes());
        assert_eq!(Layer::from_file(&path).unwrap(), layer);
    }

    #[test]
    fn a_wrong_checksum_is_found() {
        let mut bytes = GZIP.to_vec();
        let crc = bytes.len() - 8;
        bytes[crc] ^= 1;
        let error = inspect("layer", &bytes).unwrap_err();
        assert!(error.contains("the gzip data is damaged"), "{error}");
        assert!(error.contains("checksum"), "{error}");
    }

    #[test]
    fn a_cut_gzip_is_found() {
        let error = inspect("layer", &GZIP[..40]).unwrap_err();
        assert!(error.contains("the gzip data is damaged"), "{error}");
    }

    #[test]
    fn an_empty_or_missing_file_is_named() {
        let error = inspect("nothing.tar", b"").unwrap_err();
        assert!(error.contains("nothing.tar: the file is empty"), "{error}");
        let error = Layer::inspect(Path::new("absent.tar")).unwrap_err().to_string();
        assert!(error.starts_with("absent.tar: opening: "), "{error}");
    }
}
