//! Inspects and describes the tar file of a layer.

use std::fs::{self, File};
use std::io::{BufReader, Cursor, Read};
use std::path::Path;

use crate::compression::{self, Compression};
use crate::digest::HashReader;
use crate::error::{IoContext, Problem, Result};
use crate::spec::{Descriptor, Digest, Object};
use crate::tarball;
use crate::warning::Warning;

const BUFFER: usize = 128 * 1024;
const BLOCK: u64 = 512;

/// The description of a layer in an image's manifest and config.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layer {
    /// The blob's media type, digest and size.
    pub descriptor: Descriptor,
    /// The digest of the uncompressed tar.
    pub diff_id: Digest,
}

/// The result of reading a layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inspection {
    /// The layer's description.
    pub layer: Layer,
    /// Properties that some engines reject or misread.
    pub warnings: Vec<Warning>,
}

struct Content {
    compression: Compression,
    /// The digest of the tar, if the file is compressed.
    diff_id: Option<Digest>,
    warnings: Vec<Warning>,
}

impl Layer {
    /// Reads a layer once, as a stream: hashes it, detects its compression and checks that it is complete.
    pub fn inspect(path: &Path) -> Result<Inspection> {
        let file = File::open(path).context("opening", path)?;
        let mut raw = HashReader::new(file);
        let content = read_content(&mut raw).map_err(|problem| problem.at(path))?;
        raw.drain().context("reading", path)?;
        let (digest, size) = raw.finish();
        let descriptor = Descriptor::new(content.compression.media_type(), size, digest.clone());
        let diff_id = content.diff_id.unwrap_or(digest);
        Ok(Inspection {
            layer: Self { descriptor, diff_id },
            warnings: content.warnings,
        })
    }

    /// Serializes the description for `oci-tool image --layer`.
    pub fn to_json(&self) -> String {
        let mut description = self.descriptor.to_value();
        description["diffId"] = self.diff_id.as_str().into();
        description.to_string()
    }

    /// Reads a description that `to_json` wrote.
    pub fn from_file(path: &Path) -> Result<Self> {
        let text = fs::read(path).context("reading", path)?;
        let parse = || {
            let mut object: Object = serde_json::from_slice(&text).map_err(|error| error.to_string())?;
            let diff_id = object.remove("diffId").unwrap_or_default();
            let diff_id = Digest::parse(diff_id.as_str().unwrap_or_default())?;
            let descriptor = Descriptor::from_value(&object.into())?;
            Ok(Self { descriptor, diff_id })
        };
        parse().map_err(|found| {
            let what = "layer description";
            Problem::InvalidDocument { what, found }.at(path)
        })
    }
}

fn read_content(raw: &mut HashReader<File>) -> std::result::Result<Content, Problem> {
    let mut start = vec![];
    let first = raw.by_ref().take(BLOCK).read_to_end(&mut start);
    first.map_err(|source| Problem::io("reading", source))?;
    if start.is_empty() {
        return Err(Problem::EmptyLayer);
    }
    let compression = Compression::detect(&start)?;
    let mut warnings = vec![];
    if compression == Compression::None {
        warnings.extend(compression::magic(&start).map(Warning::CompressionMagic));
    }
    let whole = BufReader::with_capacity(BUFFER, Cursor::new(start).chain(raw));
    let mut content = HashReader::new(compression.decoder(whole));
    let repeated = tarball::check(&mut content, compression.name())?;
    if !repeated.is_empty() {
        warnings.push(Warning::RepeatedNames(repeated));
    }
    let diff_id = (compression != Compression::None).then(|| content.finish().0);
    Ok(Content {
        compression,
        diff_id,
        warnings,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scratch::Scratch;
    use crate::spec::media_type;

    const GZIP: &[u8] = include_bytes!("../tests/vectors/layers/c.tar.gz");

    fn inspect_with_warnings(name: &str, content: &[u8]) -> std::result::Result<Inspection, String> {
        let scratch = Scratch::new();
        Layer::inspect(&scratch.file(name, content)).map_err(|error| error.to_string())
    }

    fn inspect(name: &str, content: &[u8]) -> std::result::Result<Layer, String> {
        inspect_with_warnings(name, content).map(|found| found.layer)
    }

    fn tar(names: &[&[u8]]) -> Vec<u8> {
        let mut builder = tar::Builder::new(vec![]);
        for name in names {
            let mut header = tar::Header::new_ustar();
            header.set_size(0);
            header.as_mut_bytes()[..name.len()].copy_from_slice(name);
            header.set_cksum();
            builder.append(&header, &[][..]).unwrap();
        }
        builder.into_inner().unwrap()
    }

    #[test]
    fn accepts_magic_in_first_name() {
        for (name, kind) in [
            (&b"\x1f\x8b\x08"[..], "gzip"),
            (b"\x28\xb5\x2f\xfd", "zstd"),
            (b"BZhang", "bzip2"),
        ] {
            let found = inspect_with_warnings("layer", &tar(&[name])).unwrap();
            assert_eq!(found.layer.descriptor.media_type, media_type::LAYER);
            assert_eq!(found.layer.diff_id, found.layer.descriptor.digest);
            assert_eq!(found.warnings, [Warning::CompressionMagic(kind)]);
        }
        let error = inspect("layer", b"BZh91AY&SY no tar").unwrap_err();
        assert!(error.contains("unsupported compression \"bzip2\""), "{error}");
    }

    #[test]
    fn warns_about_repeated_names() {
        assert_eq!(
            inspect_with_warnings("layer", &tar(&[b"a", b"b"]))
                .unwrap()
                .warnings,
            []
        );
        let found = inspect_with_warnings("layer", &tar(&[b"a", b"b", b"./a"])).unwrap();
        assert!(
            matches!(&found.warnings[..], [Warning::RepeatedNames(_)]),
            "{found:?}"
        );
        let text = found.warnings[0].to_string();
        assert!(text.contains("docker and podman reject such a layer"), "{text}");
    }

    #[test]
    fn metadata_is_bounded_inside_compression() {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(tar::EntryType::GNULongName);
        header.set_size(600 << 20);
        header.set_path("././@LongLink").unwrap();
        header.set_cksum();
        let mut gzip = flate2::write::GzEncoder::new(vec![], flate2::Compression::fast());
        std::io::Write::write_all(&mut gzip, header.as_bytes()).unwrap();
        let error = inspect("layer", &gzip.finish().unwrap()).unwrap_err();
        assert!(error.contains("GNU long name of 629145600 bytes"), "{error}");
    }

    #[test]
    fn ignores_file_extension() {
        let layer = inspect("layer.tar", GZIP).unwrap();
        assert_eq!(layer.descriptor.media_type, media_type::LAYER_GZIP);
        assert_ne!(layer.diff_id, layer.descriptor.digest);
    }

    #[test]
    fn round_trips_description() {
        let layer = inspect("layer", GZIP).unwrap();
        let scratch = Scratch::new();
        let path = scratch.file("layer.json", layer.to_json().as_bytes());
        assert_eq!(Layer::from_file(&path).unwrap(), layer);
        for text in ["[]", "5", "{}", r#"{"diffId": 1}"#] {
            let error = Layer::from_file(&scratch.file("wrong.json", text.as_bytes())).unwrap_err();
            let expected = "wrong.json: invalid layer description: ";
            assert!(error.to_string().contains(expected), "{error}");
        }
    }

    #[test]
    fn rejects_wrong_gzip_checksum() {
        let mut bytes = GZIP.to_vec();
        let crc = bytes.len() - 8;
        bytes[crc] ^= 1;
        let error = inspect("layer", &bytes).unwrap_err();
        assert!(error.contains("corrupt gzip data"), "{error}");
        assert!(error.contains("checksum"), "{error}");
    }

    #[test]
    fn rejects_truncated_gzip() {
        let error = inspect("layer", &GZIP[..40]).unwrap_err();
        assert!(error.contains("corrupt gzip data"), "{error}");
    }

    #[test]
    fn names_empty_or_missing_files() {
        let error = inspect("nothing.tar", b"").unwrap_err();
        assert!(error.contains("nothing.tar: empty file"), "{error}");
        let error = Layer::inspect(Path::new("absent.tar")).unwrap_err().to_string();
        assert!(error.starts_with("absent.tar: opening: "), "{error}");
    }
}
