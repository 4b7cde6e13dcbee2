//! Writes the archives that container engines load, in docker's and OCI's format.

use std::collections::{BTreeSet, HashSet};
use std::fs::File;
use std::io::{self, BufReader, Read, Write};

use serde_json::{json, Value};

use crate::compression::Compression;
use crate::error::{Error, IoContext, LocationContext, Problem, Result};
use crate::layout::{Image, Layout, Role};
use crate::spec::{media_type, Descriptor, Digest};
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

/// What an archive contains of a layout.
#[derive(Debug)]
pub struct Contents<'a> {
    /// The format.
    pub format: Format,
    /// The names of the image.
    pub tags: &'a [String],
    /// The layers that the archive refers to without containing them.
    pub omitted: &'a HashSet<Digest>,
}

/// The image of an archive.
#[derive(Debug)]
pub struct Summary {
    /// The digest of the manifest or index.
    pub digest: Digest,
    /// The size of the distinct layer blobs in bytes.
    pub size: u64,
}

/// Checks that a layout's image can be loaded in a format.
pub fn check_format(layout: &Layout, format: Format, tags: &[String]) -> Result<()> {
    let is_index = media_type::is_index(&layout.root()?.media_type);
    match format {
        Format::Docker if is_index => Err(Problem::IndexAsDocker.into()).in_attribute("format"),
        Format::Oci if !is_index => Err(Problem::ImageAsOci.into()).in_attribute("format"),
        Format::Oci if tags.is_empty() => Err(Problem::MissingTags.into()).in_attribute("repo_tags"),
        Format::Docker | Format::Oci => Ok(()),
    }
}

/// Writes the archive of a layout's image.
pub fn write(layout: &Layout, contents: &Contents<'_>, output: &mut dyn Write) -> Result<Summary> {
    let mut archive = Archive {
        tar: Writer::new(output),
        written: BTreeSet::new(),
        counted: BTreeSet::new(),
        size: 0,
    };
    archive.write_directories()?;
    match contents.format {
        Format::Docker => archive.write_docker(layout, contents)?,
        Format::Oci => archive.write_oci(layout, contents)?,
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

    fn write_docker(&mut self, layout: &Layout, contents: &Contents<'_>) -> Result<()> {
        let Image { manifest, .. } = layout.image()?;
        self.write_blob(layout, &manifest.config)?;
        let mut layers = vec![];
        for layer in &manifest.layers {
            if self.counted.insert(layer.digest.to_string()) {
                self.size += layer.size;
            }
            if !contents.omitted.contains(&layer.digest) {
                self.write_layer(layout, layer)?;
            }
            layers.push(layer_name(layer));
        }
        let manifest = json!([{
            "Config": blob_name(&manifest.config.digest),
            "RepoTags": contents.tags,
            "Layers": layers,
        }]);
        self.write_document("manifest.json", &manifest)
    }

    fn write_oci(&mut self, layout: &Layout, contents: &Contents<'_>) -> Result<()> {
        let root = layout.root()?;
        layout.visit(root, &mut |role, blob| {
            if role == Role::Layer {
                self.size += blob.size;
            }
            match contents.omitted.contains(&blob.digest) {
                true => Ok(()),
                false => self.write_blob(layout, blob),
            }
        })?;
        let mut entries: Vec<Value> = contents.tags.iter().map(|tag| tagged_entry(root, tag)).collect();
        if entries.is_empty() {
            entries.push(root.to_value());
        }
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
pub fn qualified_name(tag: &str) -> String {
    match tag.contains('/') {
        _ if has_registry(tag) => tag.to_owned(),
        true => format!("docker.io/{tag}"),
        false => format!("docker.io/library/{tag}"),
    }
}

/// The name with podman's registry of names without one, `localhost`.
pub fn local_name(tag: &str) -> String {
    match has_registry(tag) {
        true => tag.to_owned(),
        false => format!("localhost/{tag}"),
    }
}

fn has_registry(tag: &str) -> bool {
    let first = tag.split_once('/').map(|(first, _)| first);
    first.is_some_and(|first| first.contains(['.', ':']) || first == "localhost")
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
    fn qualifies_local_names_like_podman() {
        assert_eq!(local_name("a:1"), "localhost/a:1");
        assert_eq!(local_name("me/a:1"), "localhost/me/a:1");
        assert_eq!(local_name("localhost/a:1"), "localhost/a:1");
        assert_eq!(local_name("host:5000/a:1"), "host:5000/a:1");
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
