//! The fields of the specification's documents.

use serde_json::{Map, Value};

/// A JSON object; `serde_json` sorts its keys.
pub type Object = Map<String, Value>;

/// The fields of one kind of object.
pub type Schema = &'static [Field];

/// A field that the specification names.
pub struct Field {
    name: &'static str,
    kind: Kind,
    presence: Presence,
}

/// Whether a field is required. Go writes null for an empty list or map, and reads it as one.
enum Presence {
    /// Present and not null.
    Required,
    /// Present, possibly null.
    Nullable,
    /// Possibly missing or null.
    Optional,
}

/// The type of a field.
enum Kind {
    Text,
    Number,
    Boolean,
    List(&'static Kind),
    /// An object with arbitrary keys.
    Map(&'static Kind),
    Object(Schema),
}

const TEXTS: Kind = Kind::List(&Kind::Text);
const TEXT_MAP: Kind = Kind::Map(&Kind::Text);
/// Go's `map[string]struct{}`.
const SET: Kind = Kind::Map(&Kind::Object(&[]));

/// The platform of a descriptor.
pub const PLATFORM: Schema = &[
    required("architecture", Kind::Text),
    required("os", Kind::Text),
    optional("os.features", TEXTS),
    optional("os.version", Kind::Text),
    optional("variant", Kind::Text),
];

/// A descriptor.
pub const DESCRIPTOR: Schema = &[
    required("mediaType", Kind::Text),
    required("digest", Kind::Text),
    required("size", Kind::Number),
    optional("annotations", TEXT_MAP),
    optional("artifactType", Kind::Text),
    optional("data", Kind::Text),
    optional("platform", Kind::Object(PLATFORM)),
    optional("urls", TEXTS),
];

/// The manifest of an image or an artifact.
pub const MANIFEST: Schema = &[
    required("schemaVersion", Kind::Number),
    required("config", Kind::Object(DESCRIPTOR)),
    nullable("layers", Kind::List(&Kind::Object(DESCRIPTOR))),
    optional("mediaType", Kind::Text),
    optional("artifactType", Kind::Text),
    optional("subject", Kind::Object(DESCRIPTOR)),
    optional("annotations", TEXT_MAP),
];

/// An image index.
pub const INDEX: Schema = &[
    required("schemaVersion", Kind::Number),
    nullable("manifests", Kind::List(&Kind::Object(DESCRIPTOR))),
    optional("mediaType", Kind::Text),
    optional("artifactType", Kind::Text),
    optional("subject", Kind::Object(DESCRIPTOR)),
    optional("annotations", TEXT_MAP),
];

/// The file `oci-layout`.
pub const LAYOUT: Schema = &[required("imageLayoutVersion", Kind::Text)];

/// The config of an image.
///
/// The specification requires `architecture` and `os`, but some published images lack them.
pub const CONFIG: Schema = &[
    optional("architecture", Kind::Text),
    optional("os", Kind::Text),
    optional("author", Kind::Text),
    optional("config", Kind::Object(EXECUTION)),
    optional("created", Kind::Text),
    optional("history", Kind::List(&Kind::Object(HISTORY))),
    optional("os.features", TEXTS),
    optional("os.version", Kind::Text),
    optional("rootfs", Kind::Object(ROOTFS)),
    optional("variant", Kind::Text),
];

const EXECUTION: Schema = &[
    optional("Cmd", TEXTS),
    optional("Entrypoint", TEXTS),
    optional("Env", TEXTS),
    optional("ExposedPorts", SET),
    optional("Labels", TEXT_MAP),
    optional("StopSignal", Kind::Text),
    optional("User", Kind::Text),
    optional("Volumes", SET),
    optional("WorkingDir", Kind::Text),
];

const HISTORY: Schema = &[
    optional("author", Kind::Text),
    optional("comment", Kind::Text),
    optional("created", Kind::Text),
    optional("created_by", Kind::Text),
    optional("empty_layer", Kind::Boolean),
];

const ROOTFS: Schema = &[optional("diff_ids", TEXTS), optional("type", Kind::Text)];

const fn required(name: &'static str, kind: Kind) -> Field {
    field(name, kind, Presence::Required)
}

const fn nullable(name: &'static str, kind: Kind) -> Field {
    field(name, kind, Presence::Nullable)
}

const fn optional(name: &'static str, kind: Kind) -> Field {
    field(name, kind, Presence::Optional)
}

const fn field(name: &'static str, kind: Kind, presence: Presence) -> Field {
    Field { name, kind, presence }
}

/// Checks the fields of a schema. Other fields are allowed.
pub fn check(object: &Object, schema: Schema) -> Result<(), String> {
    for field in schema {
        match (object.get(field.name), &field.presence) {
            (None, Presence::Optional) => {}
            (Some(Value::Null), Presence::Nullable | Presence::Optional) => {}
            (None, _) => return Err(format!("missing field `{}`", field.name)),
            (Some(value), _) => {
                check_value(value, &field.kind)
                    .map_err(|found| format!("field `{}`: {found}", field.name))?;
            }
        }
    }
    Ok(())
}

fn check_value(value: &Value, kind: &Kind) -> Result<(), String> {
    match (kind, value) {
        (Kind::Text, Value::String(_)) | (Kind::Boolean, Value::Bool(_)) => Ok(()),
        (Kind::Number, Value::Number(number)) if number.is_u64() => Ok(()),
        (Kind::List(kind), Value::Array(values)) => values.iter().try_for_each(|it| check_value(it, kind)),
        (Kind::Map(kind), Value::Object(map)) => {
            let mut values = map.values().filter(|value| !value.is_null());
            values.try_for_each(|value| check_value(value, kind))
        }
        (Kind::Object(schema), Value::Object(object)) => check(object, schema),
        _ => Err(format!("expected {}, found {}", kind.name(), truncate(value))),
    }
}

/// A value, shortened for messages.
fn truncate(value: &Value) -> String {
    const MAX_SHOWN: usize = 100;
    let text = value.to_string();
    match text.char_indices().nth(MAX_SHOWN) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text,
    }
}

impl Kind {
    fn name(&self) -> &'static str {
        match self {
            Self::Text => "a string",
            Self::Number => "a number",
            Self::Boolean => "true or false",
            Self::List(_) => "a list",
            Self::Map(_) | Self::Object(_) => "an object",
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn found(config: Value) -> String {
        check(config.as_object().unwrap(), CONFIG).unwrap_err()
    }

    fn config(section: Value) -> Value {
        let rootfs = json!({"type": "layers", "diff_ids": []});
        json!({"os": "linux", "architecture": "amd64", "rootfs": rootfs, "config": section})
    }

    #[test]
    fn accepts_null_and_unknown_fields() {
        let section = json!({"Env": null, "Volumes": {"/data": {}}, "Healthcheck": 5});
        check(config(section).as_object().unwrap(), CONFIG).unwrap();
    }

    #[test]
    fn names_invalid_field() {
        let platform = json!({"os": "linux"});
        let error = check(platform.as_object().unwrap(), PLATFORM).unwrap_err();
        assert_eq!(error, "missing field `architecture`");
        let wrong = json!({"Entrypoint": ["/app", 1]});
        let expected = "field `config`: field `Entrypoint`: expected a string, found 1";
        assert_eq!(found(config(wrong)), expected);
    }

    #[test]
    fn truncates_long_values() {
        let long = json!({"os": "linux", "architecture": "amd64", "history": "\u{e9}".repeat(1000)});
        let text = found(long);
        assert!(
            text.ends_with("\u{e9}...") && text.chars().count() < 200,
            "{text}"
        );
    }

    #[test]
    fn accepts_null_for_empty() {
        for rootfs in [
            json!({"type": "layers", "diff_ids": null}),
            json!({}),
            Value::Null,
        ] {
            let document = json!({
                "os": "linux", "architecture": "amd64", "rootfs": rootfs, "history": null, "created": null,
                "config": {"Labels": {"a": null}, "Volumes": {"/data": null}},
            });
            check(document.as_object().unwrap(), CONFIG).unwrap();
        }
        let digest = format!("sha256:{}", "0".repeat(64));
        let config = json!({"mediaType": "text/plain", "digest": digest, "size": 2});
        let manifest = json!({"schemaVersion": 2, "config": config, "layers": null, "annotations": null});
        check(manifest.as_object().unwrap(), MANIFEST).unwrap();
        let index = json!({"schemaVersion": 2, "manifests": null});
        check(index.as_object().unwrap(), INDEX).unwrap();
    }

    #[test]
    fn rejects_null_for_values() {
        for (document, schema, expected) in [
            (json!({"os": null}), PLATFORM, "missing field `architecture`"),
            (
                json!({"os": null, "architecture": "amd64"}),
                PLATFORM,
                "field `os`: expected a string, found null",
            ),
            (json!({"schemaVersion": 2}), INDEX, "missing field `manifests`"),
            (
                json!({"schemaVersion": 2, "manifests": [null]}),
                INDEX,
                "field `manifests`: expected an object, found null",
            ),
            (
                json!({"schemaVersion": 2, "config": null, "layers": null}),
                MANIFEST,
                "field `config`: expected an object, found null",
            ),
        ] {
            let found = check(document.as_object().unwrap(), schema).unwrap_err();
            assert_eq!(found, expected);
        }
    }
}
