//! An image in an OCI layout directory: index, manifest, configuration and layers, every blob verified.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::blobs::{parse, sha256, Blobs};
use crate::compression::{unpack, Compression, Unpacked};
use crate::tar::TarEntry;
use crate::Error;

/// What points at a blob.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Descriptor {
    #[serde(default)]
    pub(crate) media_type: String,
    pub(crate) digest: String,
    pub(crate) size: u64,
    platform: Option<Platform>,
}

#[derive(Clone, Debug, Deserialize)]
struct Platform {
    os: String,
    architecture: String,
}

#[derive(Deserialize)]
struct Index {
    #[serde(deserialize_with = "null_is_empty")]
    manifests: Vec<Descriptor>,
}

#[derive(Deserialize)]
struct Manifest {
    config: Descriptor,
    #[serde(default, deserialize_with = "null_is_empty")]
    layers: Vec<Descriptor>,
    #[serde(default, deserialize_with = "null_is_empty")]
    annotations: BTreeMap<String, String>,
}

/// The blob that a manifest calls its config.
#[derive(Deserialize)]
pub(crate) struct Config {
    pub(crate) os: String,
    pub(crate) architecture: String,
    pub(crate) created: Option<String>,
    #[serde(default, rename = "config", deserialize_with = "null_is_empty")]
    pub(crate) run: RunConfig,
    /// Absent unless the architecture has several.
    #[serde(default, deserialize_with = "null_is_empty")]
    variant: String,
    #[serde(default, deserialize_with = "null_is_empty")]
    rootfs: RootFs,
    /// Who made which layer, and with what: as many entries as there are layers and settings.
    #[serde(default, rename = "history")]
    _history: IgnoredAny,
    #[serde(flatten)]
    other: BTreeMap<String, Value>,
}

impl Config {
    /// All that the config says and that has no field of its own here: `author`, `Healthcheck`, `OnBuild`, ...
    pub(crate) fn other(&self) -> BTreeMap<String, Value> {
        let all = self.other.iter().chain(&self.run.other);
        all.filter(|(_, value)| !is_empty(value))
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect()
    }
}

/// Engines write some fields whether they say something or not.
fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(value) => !value,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
    }
}

/// How the image wants to be run.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct RunConfig {
    #[serde(deserialize_with = "null_is_empty")]
    pub(crate) user: String,
    #[serde(deserialize_with = "null_is_empty")]
    pub(crate) entrypoint: Vec<String>,
    #[serde(deserialize_with = "null_is_empty")]
    pub(crate) cmd: Vec<String>,
    #[serde(deserialize_with = "null_is_empty")]
    pub(crate) env: Vec<String>,
    #[serde(deserialize_with = "null_is_empty")]
    pub(crate) working_dir: String,
    #[serde(deserialize_with = "null_is_empty")]
    pub(crate) exposed_ports: BTreeMap<String, Value>,
    #[serde(deserialize_with = "null_is_empty")]
    pub(crate) volumes: BTreeMap<String, Value>,
    #[serde(deserialize_with = "null_is_empty")]
    pub(crate) labels: BTreeMap<String, String>,
    #[serde(deserialize_with = "null_is_empty")]
    pub(crate) stop_signal: String,
    #[serde(flatten)]
    other: BTreeMap<String, Value>,
}

#[derive(Default, Deserialize)]
struct RootFs {
    #[serde(default, deserialize_with = "null_is_empty")]
    diff_ids: Vec<String>,
}

/// A layer, decompressed.
pub(crate) struct Layer {
    pub(crate) descriptor: Descriptor,
    pub(crate) tar: Vec<u8>,
    /// In the order in which the tar has them.
    pub(crate) entries: Vec<TarEntry>,
}

impl Layer {
    pub(crate) fn is_compressed(&self) -> bool {
        !matches!(
            Compression::of(&self.descriptor.media_type),
            Some(Compression::None)
        )
    }
}

/// One image of a layout.
pub(crate) struct Image {
    pub(crate) digest: String,
    pub(crate) config: Config,
    /// The manifest's.
    pub(crate) annotations: BTreeMap<String, String>,
    pub(crate) layers: Vec<Layer>,
}

// Go writes null for a list or map that is empty.
fn null_is_empty<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(from: D) -> Result<T, D::Error> {
    Ok(Option::<T>::deserialize(from)?.unwrap_or_default())
}

impl Image {
    /// What the config says it is for, as in `linux/amd64`.
    pub(crate) fn platform(&self) -> String {
        format!("{}/{}", self.config.os, self.config.architecture)
    }

    /// The same with the CPU's variant, if the config has one, as in `linux/arm64/v8`.
    pub(crate) fn full_platform(&self) -> String {
        let variant = &self.config.variant;
        let separator = if variant.is_empty() { "" } else { "/" };
        format!("{}{separator}{variant}", self.platform())
    }

    /// Reads the image of a layout; `platform` ("linux/amd64") picks one where there are more.
    pub(crate) fn open(dir: &Path, platform: Option<&str>) -> Result<Self, Error> {
        let mut blobs = Blobs::new(dir);
        let mut chosen = entry(dir, platform)?;
        while is_index(&chosen.media_type) {
            chosen = pick(blobs.json(&chosen)?, platform, &blobs.path(&chosen.digest)?)?;
        }
        let manifest: Manifest = blobs.json(&chosen)?;
        let config: Config = blobs.json(&manifest.config)?;
        let diff_ids = &config.rootfs.diff_ids;
        if diff_ids.len() != manifest.layers.len() {
            return Err(Error::failed(format!(
                "{}: the config lists {} diff_ids, the manifest {} layers; rebuild the image",
                dir.display(),
                diff_ids.len(),
                manifest.layers.len()
            )));
        }
        let mut layers = Vec::new();
        for (descriptor, diff_id) in manifest.layers.into_iter().zip(diff_ids) {
            layers.push(layer(&mut blobs, descriptor, diff_id)?);
        }
        blobs.verify_rest()?;
        Ok(Self {
            digest: chosen.digest,
            config,
            annotations: manifest.annotations,
            layers,
        })
    }
}

fn layer(blobs: &mut Blobs, descriptor: Descriptor, diff_id: &str) -> Result<Layer, Error> {
    let blob = blobs.read(&descriptor)?;
    let unpacked = unpack(&descriptor.media_type, blob).map_err(|error| {
        Error::failed(format!(
            "layer {} ({}): {error}; rebuild the image",
            descriptor.digest, descriptor.media_type
        ))
    });
    let Unpacked { tar, entries } = unpacked?;
    let found = match Compression::of(&descriptor.media_type) {
        Some(Compression::None) => descriptor.digest.clone(),
        _ => sha256(&tar),
    };
    if found != *diff_id {
        return Err(Error::failed(format!(
            "layer {}: unpacked it is {found}, but the config's diff_id says {diff_id}; rebuild the image",
            descriptor.digest
        )));
    }
    Ok(Layer {
        descriptor,
        tar,
        entries,
    })
}

/// As much of an image as there is without its layers' content.
#[derive(Default)]
pub(crate) struct Outline {
    /// The layers' digests, the lowest first.
    pub(crate) layers: Vec<String>,
    pub(crate) annotations: BTreeMap<String, String>,
    /// See [`Config::other`].
    pub(crate) other: BTreeMap<String, Value>,
}

impl Outline {
    /// Reads one image of a layout; `platform` picks one where there are more.
    pub(crate) fn open(dir: &Path, platform: &str) -> Result<Self, Error> {
        let mut blobs = Blobs::new(dir);
        // The one image of a layout counts whatever its platform: it may be the base of another image of an index.
        let mut chosen = entry(dir, None).or_else(|_| entry(dir, Some(platform)))?;
        while is_index(&chosen.media_type) {
            chosen = pick(blobs.json(&chosen)?, Some(platform), &blobs.path(&chosen.digest)?)?;
        }
        let manifest: Manifest = blobs.json(&chosen)?;
        let config: Config = blobs.json(&manifest.config)?;
        Ok(Self {
            layers: manifest.layers.into_iter().map(|layer| layer.digest).collect(),
            annotations: manifest.annotations,
            other: config.other(),
        })
    }
}

/// What a layout holds: an image or an image index.
pub(crate) fn root(dir: &Path) -> Result<Descriptor, Error> {
    entry(dir, None)
}

fn entry(dir: &Path, platform: Option<&str>) -> Result<Descriptor, Error> {
    let file = dir.join("index.json");
    let index = fs::read(&file).map_err(|source| Error::Read {
        path: file.clone(),
        source,
    })?;
    pick(parse(&index, &file.display().to_string())?, platform, &file)
}

fn is_index(media_type: &str) -> bool {
    media_type.ends_with(".image.index.v1+json") || media_type.ends_with(".manifest.list.v2+json")
}

fn pick(index: Index, platform: Option<&str>, from: &Path) -> Result<Descriptor, Error> {
    let name = |descriptor: &Descriptor| {
        descriptor
            .platform
            .as_ref()
            .map(|platform| format!("{}/{}", platform.os, platform.architecture))
    };
    let all: Vec<_> = index
        .manifests
        .iter()
        .map(|it| name(it).unwrap_or_else(|| "?".to_owned()))
        .collect();
    let mut fitting = index
        .manifests
        .into_iter()
        .filter(|it| platform.is_none() || name(it).is_none() || name(it).as_deref() == platform);
    match (fitting.next(), fitting.next()) {
        (Some(only), None) => Ok(only),
        (None, _) => Err(Error::failed(format!(
            "{}: no image in it, wanted {}, has [{}]",
            from.display(),
            platform.unwrap_or("any"),
            all.join(", ")
        ))),
        (Some(_), Some(_)) => Err(Error::Usage(format!(
            "{}: more than one image, pick one of [{}] by --platform",
            from.display(),
            all.join(", ")
        ))),
    }
}
