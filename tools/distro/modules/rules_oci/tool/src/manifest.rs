//! The manifest of an image, in OCI's form whatever form the base's had.

use serde_json::{json, Value};

use crate::spec::{media_type, Descriptor, ImageManifest, Object};

/// A manifest that is being edited.
#[derive(Clone, Debug, PartialEq)]
pub struct Manifest {
    layers: Vec<Value>,
    annotations: Object,
}

impl Manifest {
    /// The manifest of an image of no layers.
    pub fn scratch() -> Self {
        Self {
            layers: vec![],
            annotations: Object::new(),
        }
    }

    /// Starts from a base's manifest.
    pub fn from_base(base: &ImageManifest) -> Self {
        Self {
            layers: base.layers.iter().map(Descriptor::to_value).collect(),
            annotations: base.annotations.clone(),
        }
    }

    /// Adds a layer on top.
    pub fn push_layer(&mut self, layer: &Descriptor) {
        self.layers.push(layer.to_value());
    }

    /// Merges annotations onto those that are there.
    pub fn merge_annotations(&mut self, pairs: Vec<(String, String)>) {
        let pairs = pairs.into_iter().map(|(key, value)| (key, value.into()));
        self.annotations.extend(pairs);
    }

    /// The manifest's bytes.
    pub fn to_bytes(&self, config: &Descriptor) -> Vec<u8> {
        let mut manifest = json!({
            "schemaVersion": 2,
            "mediaType": media_type::MANIFEST,
            "config": config.to_value(),
            "layers": self.layers,
        });
        if !self.annotations.is_empty() {
            manifest["annotations"] = Value::Object(self.annotations.clone());
        }
        manifest.to_string().into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::of_bytes;

    fn docker_base() -> ImageManifest {
        let of = |kind: &str, content: &[u8]| json!({"mediaType": kind, "size": content.len(), "digest": of_bytes(content).as_str()});
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
            "config": of("application/vnd.docker.container.image.v1+json", b"{}"),
            "layers": [of("application/vnd.docker.image.rootfs.diff.tar.gzip", b"layer")],
        });
        ImageManifest::parse(manifest.to_string().as_bytes()).unwrap()
    }

    #[test]
    fn docker_media_types_become_oci_ones() {
        let base = docker_base();
        let manifest = Manifest::from_base(&base);
        let manifest = ImageManifest::parse(&manifest.to_bytes(&base.config)).unwrap();
        assert_eq!(manifest.config.media_type, media_type::CONFIG);
        assert_eq!(manifest.layers[0].media_type, media_type::LAYER_GZIP);
    }

    #[test]
    fn annotations_are_sorted() {
        let mut manifest = Manifest::scratch();
        let pairs = [("b", "2"), ("a", "1"), ("c", "3")];
        manifest.merge_annotations(pairs.map(|(k, v)| (k.into(), v.into())).into());
        let config = Descriptor::new(media_type::CONFIG, 2, of_bytes(b"{}"));
        let text = String::from_utf8(manifest.to_bytes(&config)).unwrap();
        assert!(
            text.contains(r#""annotations":{"a":"1","b":"2","c":"3"}"#),
            "{text}"
        );
    }
}
