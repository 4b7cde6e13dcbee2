use serde_json::{json, Value};

use super::schema::{check, Object, DESCRIPTOR};
use super::Digest;

/// A reference to a blob.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Descriptor {
    /// The media type of the blob.
    pub media_type: String,
    /// The digest of the blob.
    pub digest: Digest,
    /// The size of the blob in bytes.
    pub size: u64,
    /// Other fields, including those that the specification lacks.
    other: Object,
}

impl Descriptor {
    /// A descriptor without optional fields.
    pub fn new(media_type: &str, size: u64, digest: Digest) -> Self {
        Self {
            media_type: media_type.to_owned(),
            digest,
            size,
            other: Object::new(),
        }
    }

    /// Parses a descriptor.
    pub fn from_value(value: &Value) -> Result<Self, String> {
        let object = value
            .as_object()
            .ok_or_else(|| format!("expected a descriptor, found {value}"))?;
        check(object, DESCRIPTOR)?;
        let text = |name: &str| object[name].as_str().unwrap_or_default();
        let is_other = |(name, value): &(&String, &Value)| {
            !["mediaType", "digest", "size"].contains(&name.as_str()) && !value.is_null()
        };
        let other = object.iter().filter(is_other);
        Ok(Self {
            media_type: text("mediaType").to_owned(),
            digest: Digest::parse(text("digest"))?,
            size: object["size"].as_u64().unwrap_or_default(),
            other: other.map(|(name, value)| (name.clone(), value.clone())).collect(),
        })
    }

    /// Serializes the descriptor.
    pub fn to_value(&self) -> Value {
        let mut object = self.other.clone();
        object.insert("mediaType".into(), self.media_type.as_str().into());
        object.insert("digest".into(), self.digest.as_str().into());
        object.insert("size".into(), json!(self.size));
        Value::Object(object)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::media_type;

    fn descriptor(other: Value) -> Value {
        let digest = format!("sha256:{}", "0".repeat(64));
        let mut value = json!({"mediaType": media_type::LAYER, "digest": digest, "size": 5});
        value
            .as_object_mut()
            .unwrap()
            .extend(other.as_object().unwrap().clone());
        value
    }

    #[test]
    fn keeps_other_fields() {
        let value = descriptor(json!({"urls": ["https://example.com"], "com.example": [1]}));
        assert_eq!(Descriptor::from_value(&value).unwrap().to_value(), value);
    }

    #[test]
    fn drops_null_fields() {
        let value = descriptor(json!({"annotations": null}));
        let rendered = Descriptor::from_value(&value).unwrap().to_value();
        assert_eq!(rendered, descriptor(json!({})));
    }

    #[test]
    fn rejects_invalid_fields() {
        for (field, expected) in [
            (json!({"size": -1}), "field `size`: expected a number, found -1"),
            (json!({"digest": "../a"}), "invalid digest \"../a\""),
            (json!({"urls": "a"}), "field `urls`: expected a list, found \"a\""),
        ] {
            let error = Descriptor::from_value(&descriptor(field)).unwrap_err();
            assert!(error.starts_with(expected), "{error}");
        }
    }
}
