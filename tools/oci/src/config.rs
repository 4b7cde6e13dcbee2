//! Image configurations (`config.md`).

use std::collections::BTreeMap;

use serde::de::IgnoredAny;
use serde::Deserialize;
use serde_json::Value;

use crate::null_to_default;

/// The configuration of an image.
#[derive(Deserialize)]
pub struct ImageConfig {
    /// `GOOS`, as in `linux`.
    pub os: String,
    /// `GOARCH`, as in `amd64`.
    pub architecture: String,
    /// RFC 3339 time.
    pub created: Option<String>,
    /// The field `config`.
    #[serde(default, rename = "config", deserialize_with = "null_to_default")]
    pub run: RunConfig,
    /// Variant of the CPU, as in `v8`; empty if there is none.
    #[serde(default, deserialize_with = "null_to_default")]
    pub variant: String,
    /// Digests of the layers.
    #[serde(default, deserialize_with = "null_to_default")]
    pub rootfs: RootFs,
    /// Excluded from [`other_fields`](Self::other_fields): it describes each layer's origin.
    #[serde(default, rename = "history")]
    _history: IgnoredAny,
    #[serde(flatten)]
    other: BTreeMap<String, Value>,
}

impl ImageConfig {
    /// Fields with a value that these structs do not have: `author`, `Healthcheck`, `OnBuild`, ...
    pub fn other_fields(&self) -> BTreeMap<String, Value> {
        let all = self.other.iter().chain(&self.run.other);
        all.filter(|(_, value)| !is_empty(value))
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect()
    }
}

/// Engines write some fields with their zero value and omit others.
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

/// Execution parameters; a field that the configuration lacks is empty.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct RunConfig {
    /// `user[:group]`, each a name or a number.
    #[serde(deserialize_with = "null_to_default")]
    pub user: String,
    /// The program and its first arguments.
    #[serde(deserialize_with = "null_to_default")]
    pub entrypoint: Vec<String>,
    /// Default arguments.
    #[serde(deserialize_with = "null_to_default")]
    pub cmd: Vec<String>,
    /// `NAME=VALUE`.
    #[serde(deserialize_with = "null_to_default")]
    pub env: Vec<String>,
    /// Absolute path.
    #[serde(deserialize_with = "null_to_default")]
    pub working_dir: String,
    /// Keys as in `8080/tcp`.
    #[serde(deserialize_with = "null_to_default")]
    pub exposed_ports: BTreeMap<String, Value>,
    /// Keys are paths.
    #[serde(deserialize_with = "null_to_default")]
    pub volumes: BTreeMap<String, Value>,
    /// Labels by key.
    #[serde(deserialize_with = "null_to_default")]
    pub labels: BTreeMap<String, String>,
    /// Name or number of the signal that stops the program.
    #[serde(deserialize_with = "null_to_default")]
    pub stop_signal: String,
    #[serde(flatten)]
    other: BTreeMap<String, Value>,
}

/// The layers, by the digests of their uncompressed content.
#[derive(Default, Deserialize)]
pub struct RootFs {
    /// The lowest layer first.
    #[serde(default, deserialize_with = "null_to_default")]
    pub diff_ids: Vec<String>,
}
