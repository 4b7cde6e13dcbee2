//! Writes the archives that container engines load, in docker's and OCI's format.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, BufReader, Read, Write};

use serde_json::{json, Value};

use crate::compression::Compression;
use crate::error::{Error, IoContext, LocationContext, Problem, Result};
use crate::layout::{Image, Layout, Role};
use crate::spec::{media_type, Descriptor, Digest};
use crate::stored_layers::StoredLayers;
use crate::tarball::{Attributes, Writer};

const ATTRIBUTES: Attributes = Attributes::root(0o755);

/// The format of an archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// The format of `docker save`, with one image.
    Docker,
    /// A tar of an OCI layout with an index.
    Oci,
}

/// The image of an archive.
#[derive(Debug)]
pub struct Summary {
    /// The digest of the manifest or index.
    pub digest: Digest,
    /// The size of the distinct layer blobs in bytes.
    pub size: u64,
}

/// Writes the archive of a layout's image with the given tags. Docker's format omits the `stored` layers.
pub fn write(
    layout: &Layout,
    format: Format,
    tags: &[String],
    stored: &StoredLayers,
    output: &mut dyn Write,
) -> Result<Summary> {
    let mut archive = Archive {
        tar: Writer::new(output),
        written: BTreeSet::new(),
        counted: BTreeSet::new(),
        size: 0,
    };
    archive.write_directories()?;
    match format {
        Format::Docker => archive.write_docker(layout, tags, stored)?,
        Format::Oci => archive.write_oci(layout, tags)?,
    }
    let size = archive.size;
    let output = archive.tar.finish().map_err(write_error)?;
    output.flush().map_err(write_error)?;
    Ok(Summary {
        digest: layout.root()?.digest.clone(),
        size,
    })
}

/// The summary that `write` would return, without writing an archive.
pub fn summarize(layout: &Layout) -> Result<Summary> {
    let root = layout.root()?;
    let mut size = 0;
    layout.visit(root, &mut |role, blob| {
        if role == Role::Layer {
            size += blob.size;
        }
        Ok(())
    })?;
    Ok(Summary {
        digest: root.digest.clone(),
        size,
    })
}

struct Archive<W: Write> {
    tar: Writer<W>,
    written: BTreeSet<String>,
    counted: BTreeSet<String>,
    size: u64,
}

impl<W: Write> Archive<W> {
    fn write_directories(&mut self) -> Result<()> {
        for path in ["blobs", "blobs/sha256"] {
            self.tar.directory(path, ATTRIBUTES).map_err(write_error)?;
        }
        Ok(())
    }

    fn write_docker(&mut self, layout: &Layout, tags: &[String], stored: &StoredLayers) -> Result<()> {
        if media_type::is_index(&layout.root()?.media_type) {
            return Err(Problem::IndexAsDocker.into()).in_attribute("format");
        }
        let Image { manifest, config, .. } = layout.image()?;
        self.write_blob(layout, &manifest.config)?;
        let present = stored.count_present(&config.diff_ids());
        let mut layers = vec![];
        for (at, layer) in manifest.layers.iter().enumerate() {
            if self.counted.insert(layer.digest.to_string()) {
                self.size += layer.size;
            }
            if at >= present {
                self.write_layer(layout, layer)?;
            }
            layers.push(layer_name(layer));
        }
        let manifest = json!([{
            "Config": blob_name(&manifest.config.digest),
            "RepoTags": tags,
            "Layers": layers,
        }]);
        self.write_document("manifest.json", &manifest)
    }

    fn write_oci(&mut self, layout: &Layout, tags: &[String]) -> Result<()> {
        let root = layout.root()?;
        if !media_type::is_index(&root.media_type) {
            return Err(Problem::ImageAsOci.into()).in_attribute("format");
        }
        if tags.is_empty() {
            return Err(Problem::MissingTags.into()).in_attribute("repo_tags");
        }
        layout.visit(root, &mut |role, blob| {
            if role == Role::Layer {
                self.size += blob.size;
            }
            self.write_blob(layout, blob)
        })?;
        let entries: Vec<Value> = tags.iter().map(|tag| tagged_entry(root, tag)).collect();
        let index = json!({
            "schemaVersion": 2,
            "mediaType": media_type::INDEX,
            "manifests": entries,
        });
        self.write_document("index.json", &index)?;
        self.write_document("oci-layout", &json!({"imageLayoutVersion": "1.0.0"}))
    }

    /// Writes a layer for docker. Zstd is decompressed, because docker before version 23 does not support it.
    fn write_layer(&mut self, layout: &Layout, layer: &Descriptor) -> Result<()> {
        if !media_type::is_zstd(&layer.media_type) {
            return self.write_blob(layout, layer);
        }
        let name = layer_name(layer);
        if self.written.insert(name.clone()) {
            let path = layout.check_size(layer)?;
            let open =
                || -> io::Result<_> { Ok(Compression::Zstd.decoder(BufReader::new(File::open(&path)?))) };
            let size = open().and_then(|mut content| io::copy(&mut content, &mut io::sink()));
            let size = size.context("unpacking", &path)?;
            let content = open().context("unpacking", &path)?;
            self.write_file(&name, size, content)?;
        }
        Ok(())
    }

    fn write_blob(&mut self, layout: &Layout, descriptor: &Descriptor) -> Result<()> {
        let name = blob_name(&descriptor.digest);
        if self.written.insert(name.clone()) {
            let path = layout.check_size(descriptor)?;
            let file = File::open(&path).context("opening", &path)?;
            self.write_file(&name, descriptor.size, file)?;
        }
        Ok(())
    }

    fn write_document(&mut self, name: &str, value: &Value) -> Result<()> {
        let text = value.to_string();
        self.write_file(name, text.len() as u64, text.as_bytes())
    }

    fn write_file(&mut self, name: &str, size: u64, content: impl Read) -> Result<()> {
        let written = self.tar.file(name, ATTRIBUTES, size, content);
        written.map_err(write_error)
    }
}

fn blob_name(digest: &Digest) -> String {
    format!("blobs/{}/{}", digest.algorithm(), digest.encoded())
}

/// The name of a layer in an archive for docker. A decompressed layer is not the blob of its digest.
fn layer_name(layer: &Descriptor) -> String {
    let name = blob_name(&layer.digest);
    match media_type::is_zstd(&layer.media_type) {
        true => format!("{name}.tar"),
        false => name,
    }
}

fn tagged_entry(root: &Descriptor, tag: &str) -> Value {
    let mut entry = root.to_value();
    entry["annotations"] = json!({
        "io.containerd.image.name": qualified_name(tag),
        "org.opencontainers.image.ref.name": tag,
    });
    entry
}

/// The name with the default registry of engines, Docker Hub.
fn qualified_name(tag: &str) -> String {
    match tag.split_once('/') {
        None => format!("docker.io/library/{tag}"),
        Some((first, _)) if first.contains(['.', ':']) || first == "localhost" => tag.to_owned(),
        Some(_) => format!("docker.io/{tag}"),
    }
}

/// Checks that a tag has a name and a version, as in `my-service:latest`.
pub fn check_tag(tag: &str) -> Result<(), Problem> {
    let name = tag.rsplit('/').next().unwrap_or(tag);
    match name.split_once(':') {
        Some((name, version))
            if !name.is_empty()
                && !version.is_empty()
                && !version.contains([':', '@'])
                && !tag.contains(char::is_whitespace) =>
        {
            Ok(())
        }
        _ => Err(Problem::InvalidTag { tag: tag.to_owned() }),
    }
}

fn write_error(source: io::Error) -> Error {
    Problem::io("writing the archive", source).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn qualifies_names_like_engines() {
        assert_eq!(qualified_name("a:1"), "docker.io/library/a:1");
        assert_eq!(qualified_name("me/a:1"), "docker.io/me/a:1");
        assert_eq!(qualified_name("localhost/a:1"), "localhost/a:1");
        assert_eq!(qualified_name("host:5000/a:1"), "host:5000/a:1");
    }

    #[test]
    fn tags_need_name_and_version() {
        check_tag("a:1").unwrap();
        check_tag("host:5000/team/a:latest").unwrap();
        for bad in ["a", "host:5000/a", ":1", "a:", "a b:1", "a:1:2"] {
            let error = check_tag(bad).unwrap_err().to_string();
            assert!(error.starts_with("invalid tag"), "{error}");
        }
    }
}
