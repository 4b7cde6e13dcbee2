//! The manifest of an image, in OCI's form whatever form the base's had.

use oci_spec::image::{Descriptor, ImageManifest, MediaType};
use serde_json::{json, Map, Value};

use crate::error::Problem;

/// A manifest that is being edited.
#[derive(Clone, Debug, PartialEq)]
pub struct Manifest {
    layers: Vec<Value>,
    annotations: Map<String, Value>,
}

impl Manifest {
    /// The manifest of an image of no layers.
    pub fn scratch() -> Self {
        Self {
            layers: vec![],
            annotations: Map::new(),
        }
    }

    /// Starts from a base's manifest.
    pub fn from_base(base: &ImageManifest) -> Self {
        let annotations = base.annotations().iter().flatten();
        Self {
            layers: base.layers().iter().map(render).collect(),
            annotations: annotations
                .map(|(key, value)| (key.clone(), value.as_str().into()))
                .collect(),
        }
    }

    /// Adds a layer on top.
    pub fn push_layer(&mut self, layer: &Descriptor) {
        self.layers.push(render(layer));
    }

    /// Merges annotations onto those that are there.
    pub fn merge_annotations(&mut self, pairs: Vec<(String, String)>) {
        let pairs = pairs.into_iter().map(|(key, value)| (key, value.into()));
        self.annotations.extend(pairs);
    }

    /// The manifest's bytes, once `oci-spec` accepts them.
    pub fn to_bytes(&self, config: &Descriptor) -> Result<Vec<u8>, Problem> {
        let mut manifest = json!({
            "schemaVersion": 2,
            "mediaType": MediaType::ImageManifest,
            "config": render(config),
            "layers": self.layers,
        });
        if !self.annotations.is_empty() {
            manifest["annotations"] = Value::Object(self.annotations.clone());
        }
        let bytes = manifest.to_string().into_bytes();
        parse(&bytes)?;
        Ok(bytes)
    }
}

/// Reads a manifest.
pub fn parse(bytes: &[u8]) -> Result<ImageManifest, Problem> {
    serde_json::from_slice(bytes).map_err(|error| Problem::Document {
        what: "image manifest",
        found: error.to_string(),
    })
}

/// A descriptor as sorted JSON.
pub fn render(descriptor: &Descriptor) -> Value {
    let mut descriptor = descriptor.clone();
    descriptor.set_media_type(oci_media_type(descriptor.media_type()));
    json!(descriptor)
}

/// Whether a descriptor names a manifest, in OCI's or docker's form.
pub fn is_manifest(media_type: &MediaType) -> bool {
    oci_media_type(media_type) == MediaType::ImageManifest
}

/// Whether a descriptor names an index, in OCI's form or as docker's manifest list.
pub fn is_index(media_type: &MediaType) -> bool {
    oci_media_type(media_type) == MediaType::ImageIndex
}

/// OCI's name for a docker media type: the content behind both is the same.
fn oci_media_type(media_type: &MediaType) -> MediaType {
    match media_type.as_ref() {
        "application/vnd.docker.distribution.manifest.v2+json" => MediaType::ImageManifest,
        "application/vnd.docker.distribution.manifest.list.v2+json" => MediaType::ImageIndex,
        "application/vnd.docker.container.image.v1+json" => MediaType::ImageConfig,
        "application/vnd.docker.image.rootfs.diff.tar" => MediaType::ImageLayer,
        "application/vnd.docker.image.rootfs.diff.tar.gzip" => MediaType::ImageLayerGzip,
        "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip" => {
            MediaType::ImageLayerNonDistributableGzip
        }
        _ => media_type.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::of_bytes;

    fn docker_base() -> ImageManifest {
        let of = |kind: &str, content: &[u8]| json!({"mediaType": kind, "size": content.len(), "digest": of_bytes(content)});
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
            "config": of("application/vnd.docker.container.image.v1+json", b"{}"),
            "layers": [of("application/vnd.docker.image.rootfs.diff.tar.gzip", b"layer")],
        });
        parse(manifest.to_string().as_bytes()).unwrap()
    }

    #[test]
    fn docker_media_types_become_oci_ones() {
        let base = docker_base();
        let manifest = Manifest::from_base(&base);
        let bytes = manifest.to_bytes(base.config()).unwrap();
        let manifest = parse(&bytes).unwrap();
        assert_eq!(manifest.config().media_type(), &MediaType::ImageConfig);
        assert_eq!(manifest.layers()[0].media_type(), &MediaType::ImageLayerGzip);
        assert!(is_manifest(base.media_type().as_ref().unwrap()));
    }

    #[test]
    fn annotations_are_sorted() {
        let mut manifest = Manifest::scratch();
        let pairs = [("b", "2"), ("a", "1"), ("c", "3")];
        manifest.merge_annotations(pairs.map(|(k, v)| (k.into(), v.into())).into());
        let config = Descriptor::new(MediaType::ImageConfig, 2, of_bytes(b"{}"));
        let text = String::from_utf8(manifest.to_bytes(&config).unwrap()).unwrap();
        assert!(
            text.contains(r#""annotations":{"a":"1","b":"2","c":"3"}"#),
            "{text}"
        );
    }
}
