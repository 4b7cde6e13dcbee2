//! The manifest of an image.
//!
//! It is edited as JSON to keep a base's other fields and docker's media types.

use serde_json::{json, Value};

use crate::spec::{media_type, Descriptor, ImageManifest, Object};

/// An editable manifest.
#[derive(Clone, Debug, PartialEq)]
pub struct Manifest {
    media_type: String,
    config: Object,
    layers: Value,
    annotations: Option<Object>,
    document: Object,
}

impl Manifest {
    /// The manifest of an image without layers.
    pub fn scratch() -> Self {
        Self::edit(Object::from_iter([("layers".to_owned(), json!([]))]))
    }

    /// Edits a base's manifest.
    pub fn from_base(base: ImageManifest) -> Self {
        Self::edit(base.document)
    }

    fn edit(mut document: Object) -> Self {
        let mut take = |key: &str| document.remove(key).unwrap_or_default();
        let (config, layers) = (take("config"), take("layers"));
        let media_type = match take("mediaType") {
            Value::String(media_type) => media_type,
            _ => media_type::MANIFEST.to_owned(),
        };
        Self {
            media_type,
            config: into_object(config).unwrap_or_default(),
            layers,
            annotations: document.get("annotations").cloned().and_then(into_object),
            document,
        }
    }

    /// The media type of the base, or OCI's.
    pub fn media_type(&self) -> &str {
        &self.media_type
    }

    /// Adds the topmost layer.
    pub fn push_layer(&mut self, layer: &Descriptor) {
        let mut layer = layer.to_value();
        if media_type::is_docker(&self.media_type) {
            layer["mediaType"] =
                media_type::to_docker_layer(layer["mediaType"].as_str().unwrap_or_default()).into();
        }
        match &mut self.layers {
            Value::Array(layers) => layers.push(layer),
            empty => *empty = json!([layer]),
        }
    }

    /// Sets annotations.
    pub fn merge_annotations(&mut self, pairs: Vec<(String, String)>) {
        let pairs = pairs.into_iter().map(|(key, value)| (key, value.into()));
        self.annotations.get_or_insert_default().extend(pairs);
    }

    /// Serializes the manifest. Keeps the media type of the base's config and removes its embedded content (`data`).
    pub fn to_bytes(&self, config: &Descriptor) -> Vec<u8> {
        let mut described = self.config.clone();
        described.remove("data");
        described.entry("mediaType").or_insert(media_type::CONFIG.into());
        described.insert("digest".into(), config.digest.as_str().into());
        described.insert("size".into(), config.size.into());
        let mut manifest = self.document.clone();
        manifest.insert("schemaVersion".into(), json!(2));
        manifest.insert("mediaType".into(), self.media_type.as_str().into());
        manifest.insert("config".into(), described.into());
        manifest.insert("layers".into(), self.layers.clone());
        if let Some(annotations) = &self.annotations {
            manifest.insert("annotations".into(), annotations.clone().into());
        }
        Value::Object(manifest).to_string().into_bytes()
    }
}

fn into_object(value: Value) -> Option<Object> {
    match value {
        Value::Object(object) => Some(object),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::of_bytes;

    const DOCKER_MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";
    const DOCKER_CONFIG: &str = "application/vnd.docker.container.image.v1+json";
    const DOCKER_LAYER: &str = "application/vnd.docker.image.rootfs.diff.tar.gzip";

    fn base(manifest: &Value) -> ImageManifest {
        ImageManifest::parse(manifest.to_string().as_bytes()).unwrap()
    }

    fn blob(kind: &str, content: &[u8]) -> Value {
        json!({"mediaType": kind, "size": content.len(), "digest": of_bytes(content).as_str()})
    }

    fn written(manifest: &Manifest) -> Value {
        let config = Descriptor::new(media_type::CONFIG, 2, of_bytes(b"{}"));
        serde_json::from_slice(&manifest.to_bytes(&config)).unwrap()
    }

    #[test]
    fn keeps_docker_media_types() {
        let mut manifest = Manifest::from_base(base(&json!({
            "schemaVersion": 2,
            "mediaType": DOCKER_MANIFEST,
            "config": blob(DOCKER_CONFIG, b"old"),
            "layers": [blob(DOCKER_LAYER, b"layer")],
        })));
        for media_type in [media_type::LAYER_ZSTD, media_type::LAYER] {
            manifest.push_layer(&Descriptor::new(media_type, 3, of_bytes(b"new")));
        }
        let found = written(&manifest);
        assert_eq!(found["mediaType"], DOCKER_MANIFEST);
        assert_eq!(found["config"], blob(DOCKER_CONFIG, b"{}"));
        let layers: Vec<_> = (0..3).map(|index| &found["layers"][index]["mediaType"]).collect();
        assert_eq!(
            layers,
            [
                DOCKER_LAYER,
                "application/vnd.docker.image.rootfs.diff.tar.zstd",
                "application/vnd.docker.image.rootfs.diff.tar"
            ]
        );
    }

    #[test]
    fn drops_only_config_data() {
        let mut config = blob(media_type::CONFIG, b"old");
        config["data"] = "b2xk".into();
        let found = written(&Manifest::from_base(base(&json!({
            "schemaVersion": 2, "config": config, "layers": [], "artifactType": "text/plain",
        }))));
        assert_eq!(found["artifactType"], "text/plain");
        assert_eq!(found["config"], blob(media_type::CONFIG, b"{}"));
        assert_eq!(found["mediaType"], media_type::MANIFEST);
    }

    #[test]
    fn keeps_null_until_first_addition() {
        let mut manifest = Manifest::from_base(base(&json!({
            "schemaVersion": 2, "config": blob(media_type::CONFIG, b"old"), "layers": null, "annotations": null,
        })));
        let found = written(&manifest);
        assert_eq!(
            (&found["layers"], &found["annotations"]),
            (&Value::Null, &Value::Null)
        );
        assert!(found.as_object().unwrap().contains_key("annotations"));
        let layer = Descriptor::new(media_type::LAYER, 3, of_bytes(b"new"));
        manifest.push_layer(&layer);
        manifest.merge_annotations(vec![("a".into(), "1".into())]);
        let found = written(&manifest);
        assert_eq!(found["layers"], json!([layer.to_value()]));
        assert_eq!(found["annotations"], json!({"a": "1"}));
    }

    #[test]
    fn merges_annotations() {
        let mut manifest = Manifest::scratch();
        assert!(written(&manifest).get("annotations").is_none());
        manifest.merge_annotations(vec![]);
        assert_eq!(written(&manifest)["annotations"], json!({}));
        manifest.merge_annotations(vec![("a".into(), "1".into())]);
        assert_eq!(written(&manifest)["annotations"], json!({"a": "1"}));
    }
}
