//! The archives that container engines load: docker's and OCI's.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, BufReader, Read, Write};

use serde_json::{json, Value};

use crate::compression::Compression;
use crate::engine_layers::Chains;
use crate::error::{Error, IoContext, Located, Problem, Result};
use crate::layout::{Image, Layout, Role};
use crate::spec::{media_type, Descriptor, Digest};
use crate::tarball::{Attributes, Writer};

const ATTRIBUTES: Attributes = Attributes::root(0o755);

/// The kind of archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// What `docker save` writes: one image.
    Docker,
    /// An OCI layout of an index in a tar.
    Oci,
}

/// What was written.
#[derive(Debug)]
pub struct Summary {
    /// The digest of the manifest or index.
    pub digest: Digest,
    /// The bytes of all layers, as they are stored, each once.
    pub size: u64,
}

/// Writes the archive of a layout's image under the given names, in docker's format without the layers that are there.
pub fn write(
    layout: &Layout,
    format: Format,
    tags: &[String],
    present: &Chains,
    output: &mut dyn Write,
) -> Result<Summary> {
    let mut archive = Archive {
        tar: Writer::new(output),
        written: BTreeSet::new(),
        counted: BTreeSet::new(),
        size: 0,
    };
    archive.directories()?;
    match format {
        Format::Docker => archive.docker(layout, tags, present)?,
        Format::Oci => archive.oci(layout, tags)?,
    }
    let size = archive.size;
    let output = archive.tar.finish().map_err(writing)?;
    output.flush().map_err(writing)?;
    Ok(Summary {
        digest: layout.root()?.digest.clone(),
        size,
    })
}

/// What the archive of a layout's image would say of it, without writing it.
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
    fn directories(&mut self) -> Result<()> {
        for path in ["blobs", "blobs/sha256"] {
            self.tar.directory(path, ATTRIBUTES).map_err(writing)?;
        }
        Ok(())
    }

    fn docker(&mut self, layout: &Layout, tags: &[String], present: &Chains) -> Result<()> {
        if media_type::is_index(&layout.root()?.media_type) {
            return Err(Problem::IndexAsDocker.into()).in_attribute("format");
        }
        let Image { manifest, config, .. } = layout.image()?;
        self.blob(layout, &manifest.config)?;
        let known = present.count_known(&config.diff_ids());
        let mut layers = vec![];
        for (at, layer) in manifest.layers.iter().enumerate() {
            if self.counted.insert(layer.digest.to_string()) {
                self.size += layer.size;
            }
            if at >= known {
                self.layer(layout, layer)?;
            }
            layers.push(layer_name(layer));
        }
        let manifest = json!([{
            "Config": blob_name(&manifest.config.digest),
            "RepoTags": tags,
            "Layers": layers,
        }]);
        self.document("manifest.json", &manifest)
    }

    fn oci(&mut self, layout: &Layout, tags: &[String]) -> Result<()> {
        let root = layout.root()?;
        if !media_type::is_index(&root.media_type) {
            return Err(Problem::ImageAsOci.into()).in_attribute("format");
        }
        if tags.is_empty() {
            return Err(Problem::NoTags.into()).in_attribute("repo_tags");
        }
        layout.visit(root, &mut |role, blob| {
            if role == Role::Layer {
                self.size += blob.size;
            }
            self.blob(layout, blob)
        })?;
        let entries: Vec<Value> = tags.iter().map(|tag| named(root, tag)).collect();
        let index = json!({
            "schemaVersion": 2,
            "mediaType": media_type::INDEX,
            "manifests": entries,
        });
        self.document("index.json", &index)?;
        self.document("oci-layout", &json!({"imageLayoutVersion": "1.0.0"}))
    }

    /// Writes a layer for docker, which unpacks no zstd before version 23.
    fn layer(&mut self, layout: &Layout, layer: &Descriptor) -> Result<()> {
        if !media_type::is_zstd(&layer.media_type) {
            return self.blob(layout, layer);
        }
        let name = layer_name(layer);
        if self.written.insert(name.clone()) {
            let path = layout.check_size(layer)?;
            let open =
                || -> io::Result<_> { Ok(Compression::Zstd.decoder(BufReader::new(File::open(&path)?))) };
            let size = open().and_then(|mut content| io::copy(&mut content, &mut io::sink()));
            let size = size.doing("unpacking", &path)?;
            let content = open().doing("unpacking", &path)?;
            self.file(&name, size, content)?;
        }
        Ok(())
    }

    fn blob(&mut self, layout: &Layout, descriptor: &Descriptor) -> Result<()> {
        let name = blob_name(&descriptor.digest);
        if self.written.insert(name.clone()) {
            let path = layout.check_size(descriptor)?;
            let file = File::open(&path).doing("opening", &path)?;
            self.file(&name, descriptor.size, file)?;
        }
        Ok(())
    }

    fn document(&mut self, name: &str, value: &Value) -> Result<()> {
        let text = value.to_string();
        self.file(name, text.len() as u64, text.as_bytes())
    }

    fn file(&mut self, name: &str, size: u64, content: impl Read) -> Result<()> {
        let written = self.tar.file(name, ATTRIBUTES, size, content);
        written.map_err(writing)
    }
}

fn blob_name(digest: &Digest) -> String {
    format!("blobs/{}/{}", digest.algorithm(), digest.encoded())
}

/// The name of a layer in an archive for docker: what is unpacked on the way is no blob.
fn layer_name(layer: &Descriptor) -> String {
    let name = blob_name(&layer.digest);
    match media_type::is_zstd(&layer.media_type) {
        true => format!("{name}.tar"),
        false => name,
    }
}

fn named(root: &Descriptor, tag: &str) -> Value {
    let mut entry = root.to_value();
    entry["annotations"] = json!({
        "io.containerd.image.name": full_name(tag),
        "org.opencontainers.image.ref.name": tag,
    });
    entry
}

/// The name with the registry that engines take when none is given.
fn full_name(tag: &str) -> String {
    match tag.split_once('/') {
        None => format!("docker.io/library/{tag}"),
        Some((first, _)) if first.contains(['.', ':']) || first == "localhost" => tag.to_owned(),
        Some(_) => format!("docker.io/{tag}"),
    }
}

/// Checks that a tag is a name with a tag, as in `my-service:latest`.
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
        _ => Err(Problem::BadTag { tag: tag.to_owned() }),
    }
}

fn writing(source: io::Error) -> Error {
    Problem::io("writing the archive", source).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_completed_as_engines_do() {
        assert_eq!(full_name("a:1"), "docker.io/library/a:1");
        assert_eq!(full_name("me/a:1"), "docker.io/me/a:1");
        assert_eq!(full_name("localhost/a:1"), "localhost/a:1");
        assert_eq!(full_name("host:5000/a:1"), "host:5000/a:1");
    }

    #[test]
    fn tags_need_name_and_version() {
        check_tag("a:1").unwrap();
        check_tag("host:5000/team/a:latest").unwrap();
        for bad in ["a", "host:5000/a", ":1", "a:", "a b:1", "a:1:2"] {
            let error = check_tag(bad).unwrap_err().to_string();
            assert!(error.contains("not a name with a tag"), "{error}");
        }
    }
}
