//! Descriptors, and the indexes that list them (`descriptor.md`, `image-index.md`).

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::{digest, null_to_default, Error};

/// A reference to a blob.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Descriptor {
    /// Empty if the document has none.
    #[serde(default)]
    pub media_type: String,
    /// `sha256:<hex>`; unverified.
    pub digest: String,
    /// Size of the blob in bytes; unverified.
    pub size: u64,
    /// Platform of an image in an index.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub platform: Option<Platform>,
    /// Type of the artifact that a manifest describes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub artifact_type: Option<String>,
    /// Annotations by key.
    #[serde(
        default,
        deserialize_with = "null_to_default",
        skip_serializing_if = "BTreeMap::is_empty"
    )]
    pub annotations: BTreeMap<String, String>,
}

impl Descriptor {
    /// The descriptor of a blob with this content.
    pub fn of(media_type: &str, content: &[u8]) -> Self {
        Self {
            media_type: media_type.to_owned(),
            digest: digest(content),
            size: content.len() as u64,
            ..Self::default()
        }
    }

    /// Whether it refers to an index, of OCI or of Docker.
    pub fn is_index(&self) -> bool {
        self.media_type.ends_with(".image.index.v1+json")
            || self.media_type.ends_with(".manifest.list.v2+json")
    }

    fn platform_name(&self) -> Option<String> {
        self.platform.as_ref().map(Platform::to_string)
    }
}

/// An operating system and a CPU architecture, displayed as `linux/amd64`.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Platform {
    /// `GOOS`, as in `linux`.
    pub os: String,
    /// `GOARCH`, as in `amd64`.
    pub architecture: String,
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.os, self.architecture)
    }
}

/// `index.json`, or an index among the blobs.
#[derive(Debug, Deserialize)]
pub struct Index {
    /// Images, indexes and artifacts.
    #[serde(deserialize_with = "null_to_default")]
    pub manifests: Vec<Descriptor>,
}

impl Index {
    /// The only entry for `platform` (`linux/amd64`), or the only entry if there is no platform.
    ///
    /// An entry without a platform matches every platform. `path` is the index's file, for errors.
    pub(crate) fn select(self, platform: Option<&str>, path: &Path) -> Result<Descriptor, Error> {
        let names: Vec<_> = self.manifests.iter().map(Descriptor::platform_name).collect();
        let shown: Vec<_> = names.iter().map(|it| it.as_deref().unwrap_or("?")).collect();
        let available = shown.join(", ");
        let is_match =
            |name: &Option<String>| platform.is_none() || name.is_none() || name.as_deref() == platform;
        let mut matches = self
            .manifests
            .into_iter()
            .zip(names)
            .filter(|(_, name)| is_match(name))
            .map(|(descriptor, _)| descriptor);
        match (matches.next(), matches.next()) {
            (Some(only), None) => Ok(only),
            (None, _) => Err(Error::NoImage {
                index: path.to_owned(),
                wanted: platform.unwrap_or("any platform").to_owned(),
                available,
            }),
            (Some(_), Some(_)) => Err(Error::AmbiguousImage {
                index: path.to_owned(),
                available,
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn select(manifests: &str, platform: Option<&str>) -> Result<String, String> {
        let index: Index = serde_json::from_str(&format!("{{\"manifests\": {manifests}}}")).unwrap();
        let selected = index.select(platform, Path::new("index.json"));
        selected
            .map(|descriptor| descriptor.digest)
            .map_err(|error| error.to_string())
    }

    const TWO: &str = r#"[
        {"digest": "a", "size": 1, "platform": {"os": "linux", "architecture": "amd64"}},
        {"digest": "b", "size": 1, "platform": {"os": "linux", "architecture": "arm64"}}
    ]"#;

    #[test]
    fn selects_by_platform() {
        assert_eq!(select(TWO, Some("linux/arm64")).unwrap(), "b");
        assert_eq!(
            select(TWO, Some("linux/s390x")).unwrap_err(),
            "index.json: no image for linux/s390x, has [linux/amd64, linux/arm64]"
        );
        assert_eq!(
            select(TWO, None).unwrap_err(),
            "index.json: more than one image: [linux/amd64, linux/arm64]"
        );
    }

    #[test]
    fn entry_without_platform_matches_any() {
        let one = r#"[{"digest": "a", "size": 1}]"#;
        assert_eq!(select(one, Some("linux/arm64")).unwrap(), "a");
        assert_eq!(select(one, None).unwrap(), "a");
    }

    #[test]
    fn null_is_no_entry() {
        assert_eq!(
            select("null", None).unwrap_err(),
            "index.json: no image for any platform, has []"
        );
    }
}
