//! Reads an OCI image layout.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use crate::config::Config;
use crate::digest::{self, HashReader};
use crate::error::{Error, IoContext, Problem, Result};
use crate::spec::{self, media_type, Descriptor, Digest, ImageIndex, ImageManifest};

/// The maximum size in bytes of a manifest in registries and of a config in podman.
const MAX_DOCUMENT: u64 = 4 << 20;

/// A directory with `oci-layout`, `index.json` and blobs.
#[derive(Debug)]
pub struct Layout {
    path: PathBuf,
    index: ImageIndex,
}

/// The role of a blob in the image or index that refers to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// An image index.
    Index,
    /// The manifest of an image or an artifact.
    Manifest,
    /// A config.
    Config,
    /// A layer of an image, or a blob of an artifact.
    Layer,
    /// An entry of an index with any other media type.
    Other,
}

impl Role {
    /// The role of an entry of an index.
    pub fn of_entry(entry: &Descriptor) -> Self {
        match &entry.media_type {
            kind if media_type::is_index(kind) => Self::Index,
            kind if media_type::is_manifest(kind) => Self::Manifest,
            _ => Self::Other,
        }
    }
}

/// An image of a layout.
#[derive(Debug)]
pub struct Image {
    /// The descriptor of the manifest.
    pub descriptor: Descriptor,
    /// The manifest.
    pub manifest: ImageManifest,
    /// The config.
    pub config: Config,
}

impl Layout {
    /// Opens a layout and reads its index.
    pub fn open(path: &Path) -> Result<Self> {
        let invalid = |found: String| Problem::InvalidLayout { found }.at(path);
        if !path.is_dir() {
            return Err(invalid("not a directory".into()));
        }
        let read = |name: &str| {
            let content = File::open(path.join(name)).and_then(|file| {
                let mut content = vec![];
                file.take(MAX_DOCUMENT + 1).read_to_end(&mut content)?;
                Ok(content)
            });
            let content = content.map_err(|error| invalid(format!("{name}: {error}")))?;
            match content.len() as u64 > MAX_DOCUMENT {
                true => Err(invalid(format!("{name}: expected at most {MAX_DOCUMENT} bytes"))),
                false => Ok(content),
            }
        };
        let header = spec::parse(&read("oci-layout")?, spec::LAYOUT)
            .map_err(|found| invalid(format!("oci-layout: {found}")))?;
        let version = &header["imageLayoutVersion"];
        if version != "1.0.0" {
            return Err(invalid(format!(
                "oci-layout: unsupported version {version}: expected \"1.0.0\""
            )));
        }
        let index = ImageIndex::parse(&read("index.json")?)
            .map_err(|found| invalid(format!("index.json: {found}")))?;
        Ok(Self {
            path: path.to_owned(),
            index,
        })
    }

    /// A layout with an index that is not written yet.
    pub fn with_index(path: &Path, index: ImageIndex) -> Self {
        let path = path.to_owned();
        Self { path, index }
    }

    /// The path of a blob.
    pub fn blob_path(&self, digest: &Digest) -> PathBuf {
        let blobs = self.path.join("blobs");
        blobs.join(digest.algorithm()).join(digest.encoded())
    }

    /// The only entry of `index.json`: an image or an image index.
    pub fn root(&self) -> Result<&Descriptor> {
        match self.index.manifests.as_slice() {
            [one] => Ok(one),
            entries => {
                let found = match entries.len() {
                    0 => "nothing".to_owned(),
                    count => format!("{count} images"),
                };
                let expected = "one image";
                Err(Problem::NotOneImage { found, expected }.at(&self.path))
            }
        }
    }

    /// The layout's only image.
    pub fn image(&self) -> Result<Image> {
        self.read_image(self.manifest_root()?)
    }

    /// The layout's image, or the images of its index, without artifacts.
    pub fn images(&self) -> Result<Vec<Image>> {
        let mut manifests = vec![];
        self.visit(self.root()?, &mut |role, blob| {
            if role == Role::Manifest {
                manifests.push(blob.clone());
            }
            Ok(())
        })?;
        let mut images = vec![];
        for descriptor in &manifests {
            let manifest = self.read_manifest(descriptor)?;
            if media_type::is_config(&manifest.config.media_type) {
                images.push(self.read_image(descriptor)?);
            }
        }
        Ok(images)
    }

    /// The only manifest: an image's or an artifact's.
    pub fn manifest_root(&self) -> Result<&Descriptor> {
        let descriptor = self.root()?;
        if media_type::is_index(&descriptor.media_type) {
            let found = "an image index".to_owned();
            let expected = "the image of one platform";
            return Err(Problem::NotOneImage { found, expected }.at(&self.path));
        }
        Ok(descriptor)
    }

    /// Reads the manifest of an image, or of an artifact, whose config may have any media type.
    pub fn read_manifest(&self, descriptor: &Descriptor) -> Result<ImageManifest> {
        let bytes = self.read_blob(descriptor)?;
        ImageManifest::parse(&bytes).map_err(|found| self.invalid("image manifest", found, descriptor))
    }

    /// Visits an image, an artifact or an index and the blobs that it refers to, each once.
    pub fn visit(
        &self,
        descriptor: &Descriptor,
        visit: &mut dyn FnMut(Role, &Descriptor) -> Result<()>,
    ) -> Result<()> {
        let mut seen = HashSet::new();
        let root = match media_type::is_index(&descriptor.media_type) {
            true => Role::Index,
            false => Role::Manifest,
        };
        let mut pending = vec![(root, descriptor.clone())];
        while let Some((role, blob)) = pending.pop() {
            if !seen.insert(blob.digest.clone()) {
                continue;
            }
            match role {
                Role::Index => {
                    let entries = self.read_index(&blob)?.manifests.into_iter().rev();
                    pending.extend(entries.map(|entry| (Role::of_entry(&entry), entry)));
                }
                Role::Manifest => {
                    let manifest = self.read_manifest(&blob)?;
                    let layers = manifest.layers.into_iter().rev();
                    pending.extend(layers.map(|layer| (Role::Layer, layer)));
                    pending.push((Role::Config, manifest.config));
                }
                Role::Config | Role::Layer | Role::Other => {}
            }
            visit(role, &blob)?;
        }
        Ok(())
    }

    /// Reads an image's manifest and config.
    pub fn read_image(&self, descriptor: &Descriptor) -> Result<Image> {
        let manifest = self.read_manifest(descriptor)?;
        let kind = &manifest.config.media_type;
        if !media_type::is_config(kind) {
            let found = format!(
                "config of media type {kind:?}, as of an artifact: expected {:?}",
                media_type::CONFIG
            );
            return Err(self.invalid("image manifest", found, descriptor));
        }
        let bytes = self.read_blob(&manifest.config)?;
        let config =
            Config::parse(&bytes).map_err(|problem| problem.at(self.blob_path(&manifest.config.digest)))?;
        Ok(Image {
            descriptor: descriptor.clone(),
            manifest,
            config,
        })
    }

    /// Reads an image index.
    pub fn read_index(&self, descriptor: &Descriptor) -> Result<ImageIndex> {
        let bytes = self.read_blob(descriptor)?;
        ImageIndex::parse(&bytes).map_err(|found| self.invalid("image index", found, descriptor))
    }

    fn invalid(&self, what: &'static str, found: String, blob: &Descriptor) -> Error {
        Problem::InvalidDocument { what, found }.at(self.blob_path(&blob.digest))
    }

    /// Reads a document into memory and verifies its digest.
    pub fn read_blob(&self, descriptor: &Descriptor) -> Result<Vec<u8>> {
        let path = self.check_size(descriptor)?;
        if descriptor.size > MAX_DOCUMENT {
            let size = descriptor.size;
            let found =
                format!("{size} bytes: expected at most {MAX_DOCUMENT}, the limit of registries and podman");
            return Err(self.invalid("document", found, descriptor));
        }
        let bytes = fs::read(&path).context("reading", &path)?;
        check_digest(&path, &descriptor.digest, &digest::of_bytes(&bytes))?;
        Ok(bytes)
    }

    /// Checks that a blob exists and has the expected size; returns its path.
    pub fn check_size(&self, descriptor: &Descriptor) -> Result<PathBuf> {
        let path = self.blob_path(&descriptor.digest);
        let Ok(metadata) = fs::metadata(&path) else {
            let digest = descriptor.digest.to_string();
            return Err(Problem::MissingBlob { digest }.at(&self.path));
        };
        if metadata.len() != descriptor.size {
            let expected = format!("{} bytes", descriptor.size);
            let found = format!("{} bytes", metadata.len());
            return Err(Problem::BlobMismatch { expected, found }.at(path));
        }
        Ok(path)
    }

    /// Verifies the digest of a blob of any size.
    pub fn check_content(&self, descriptor: &Descriptor) -> Result<()> {
        let path = self.check_size(descriptor)?;
        let mut reader = HashReader::new(File::open(&path).context("opening", &path)?);
        reader.drain().context("reading", &path)?;
        check_digest(&path, &descriptor.digest, &reader.finish().0)
    }
}

fn check_digest(path: &Path, expected: &Digest, found: &Digest) -> Result<()> {
    if expected == found {
        return Ok(());
    }
    let (expected, found) = (expected.to_string(), found.to_string());
    Err(Problem::BlobMismatch { expected, found }.at(path))
}
