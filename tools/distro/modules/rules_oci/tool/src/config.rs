//! The config of an image.
//!
//! It is edited as JSON to keep a base's fields that the specification lacks, such as a health check. Keys are sorted, so
//! the output is reproducible.

use serde_json::{json, Value};

use crate::env::Environment;
use crate::error::Problem;
use crate::spec::{self, Digest, Object};

/// The creation time of images and layers, for reproducible output.
pub const EPOCH: &str = "1970-01-01T00:00:00Z";

/// The operating system and processor of an image, by Go's names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Platform {
    /// As in `linux`.
    pub os: String,
    /// As in `amd64`.
    pub architecture: String,
    /// As in `v8`; may be empty.
    pub variant: String,
}

/// An editable config.
#[derive(Clone, Debug, PartialEq)]
pub struct Config(Object);

impl Config {
    /// The config of an image without layers.
    pub fn scratch(platform: &Platform) -> Self {
        let mut config = json!({
            "created": EPOCH,
            "os": platform.os,
            "architecture": platform.architecture,
            "config": {},
            "history": [],
            "rootfs": {"type": "layers", "diff_ids": []},
        });
        if !platform.variant.is_empty() {
            config["variant"] = json!(platform.variant);
        }
        let Value::Object(config) = config else {
            unreachable!("`json!` with braces is an object");
        };
        Self(config)
    }

    /// Parses the config of a base.
    pub fn parse(bytes: &[u8]) -> Result<Self, Problem> {
        spec::parse(bytes, spec::CONFIG)
            .map(Self)
            .map_err(|found| Problem::InvalidDocument {
                what: "image config",
                found,
            })
    }

    /// Replaces the entrypoint and removes the base's Cmd, which belongs to the base's entrypoint.
    pub fn set_entrypoint(&mut self, arguments: Vec<String>) {
        self.set_arguments("Entrypoint", arguments);
        self.run_section().remove("Cmd");
    }

    /// Replaces the default arguments.
    pub fn set_cmd(&mut self, arguments: Vec<String>) {
        self.set_arguments("Cmd", arguments);
    }

    fn set_arguments(&mut self, key: &str, arguments: Vec<String>) {
        self.run_section().insert(key.into(), arguments.into());
    }

    /// Sets variables.
    pub fn merge_env(&mut self, pairs: &[(String, String)]) -> Result<(), Problem> {
        let section = self.run_section();
        let present = section.get("Env").and_then(Value::as_array);
        let present = present.into_iter().flatten().filter_map(Value::as_str);
        let mut environment = Environment::from_config(present);
        for (key, value) in pairs {
            environment.merge(key, value)?;
        }
        section.insert("Env".into(), environment.into_config().into());
        Ok(())
    }

    /// Sets labels.
    pub fn merge_labels(&mut self, pairs: Vec<(String, String)>) {
        let pairs = pairs.into_iter().map(|(key, value)| (key, value.into()));
        object(self.run_section(), "Labels").extend(pairs);
    }

    /// Adds ports.
    pub fn add_exposed_ports(&mut self, names: Vec<String>) {
        self.add_names("ExposedPorts", names);
    }

    /// Adds volumes.
    pub fn add_volumes(&mut self, names: Vec<String>) {
        self.add_names("Volumes", names);
    }

    fn add_names(&mut self, key: &str, names: Vec<String>) {
        let names = names.into_iter().map(|name| (name, json!({})));
        object(self.run_section(), key).extend(names);
    }

    /// Sets the user, as in `65532:65532`.
    pub fn set_user(&mut self, user: &str) {
        self.run_section().insert("User".into(), user.into());
    }

    /// Sets the working directory.
    pub fn set_workdir(&mut self, path: &str) {
        self.run_section().insert("WorkingDir".into(), path.into());
    }

    /// Sets the time of creation.
    pub fn set_created(&mut self, time: &str) {
        self.0.insert("created".into(), time.into());
    }

    /// Adds a layer and its history entry.
    ///
    /// The entry does not name the layer's target, so renaming a target does not change the image.
    pub fn push_layer(&mut self, diff_id: &Digest) {
        let rootfs = object(&mut self.0, "rootfs");
        array(rootfs, "diff_ids").push(diff_id.as_str().into());
        let entry = json!({"created": EPOCH, "created_by": "oci_image"});
        array(&mut self.0, "history").push(entry);
    }

    /// The digests of the uncompressed layers, the lowest first.
    pub fn diff_ids(&self) -> Vec<&str> {
        let ids = self.0.get("rootfs").and_then(|rootfs| rootfs.get("diff_ids"));
        let ids = ids.and_then(Value::as_array).into_iter().flatten();
        ids.filter_map(Value::as_str).collect()
    }

    /// The `platform` of a descriptor in an index, which must be complete.
    pub fn platform(&self) -> Result<Value, Problem> {
        let keys = ["architecture", "os", "os.features", "os.version", "variant"];
        let present = keys.iter().filter_map(|key| {
            let value = self.0.get(*key).filter(|value| !value.is_null())?;
            Some(((*key).to_owned(), value.clone()))
        });
        let platform = present.collect();
        spec::check(&platform, spec::PLATFORM).map_err(|found| Problem::InvalidDocument {
            what: "image config",
            found,
        })?;
        Ok(Value::Object(platform))
    }

    /// The platform as in `linux/arm64/v8`.
    pub fn platform_name(&self) -> String {
        let parts = ["os", "architecture", "variant"];
        let parts = parts.map(|key| self.0.get(key).and_then(Value::as_str).unwrap_or_default());
        parts.join("/").trim_end_matches('/').to_owned()
    }

    /// Whether the platform is `platform`, as in `linux/arm64`, of any variant. An incomplete platform matches any.
    pub fn is_for(&self, platform: &str) -> bool {
        self.platform().is_err() || format!("{}/", self.platform_name()).starts_with(&format!("{platform}/"))
    }

    /// Serializes the config without a null Cmd, which docker writes if there is none.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut config = self.0.clone();
        if let Some(Value::Object(section)) = config.get_mut("config") {
            section.retain(|key, value| key != "Cmd" || !value.is_null());
        }
        Value::Object(config).to_string().into_bytes()
    }

    fn run_section(&mut self) -> &mut Object {
        object(&mut self.0, "config")
    }
}

/// The object under a key. Any other value, such as docker's null, is replaced by an empty object.
fn object<'a>(parent: &'a mut Object, key: &str) -> &'a mut Object {
    let value = parent.entry(key).or_insert_with(|| json!({}));
    if !value.is_object() {
        *value = json!({});
    }
    value.as_object_mut().expect("is an object")
}

fn array<'a>(parent: &'a mut Object, key: &str) -> &'a mut Vec<Value> {
    let value = parent.entry(key).or_insert_with(|| json!([]));
    if !value.is_array() {
        *value = json!([]);
    }
    value.as_array_mut().expect("is an array")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base(section: Value) -> Config {
        let bytes = json!({
            "os": "linux", "architecture": "amd64", "config": section,
            "rootfs": {"type": "layers", "diff_ids": []},
        });
        Config::parse(bytes.to_string().as_bytes()).unwrap()
    }

    fn section(config: &Config) -> Value {
        let bytes = config.to_bytes();
        serde_json::from_slice::<Value>(&bytes).unwrap()["config"].take()
    }

    #[test]
    fn keeps_unknown_fields_of_base() {
        let health = json!({"Healthcheck": {"Test": ["CMD", "/ok"]}, "StopSignal": "SIGQUIT"});
        assert_eq!(section(&base(health.clone())), health);
    }

    #[test]
    fn drops_null_cmd() {
        let config = base(json!({"Cmd": null, "Shell": null}));
        assert_eq!(section(&config), json!({"Shell": null}));
    }

    #[test]
    fn null_sections_count_as_empty() {
        let mut config = base(Value::Null);
        config.merge_env(&[("A".into(), "1".into())]).unwrap();
        config.add_volumes(vec!["/v".into()]);
        assert_eq!(section(&config), json!({"Env": ["A=1"], "Volumes": {"/v": {}}}));
    }

    #[test]
    fn platform_names_contain_variants() {
        let config = |variant: &str| {
            Config::scratch(&Platform {
                os: "linux".into(),
                architecture: "arm64".into(),
                variant: variant.into(),
            })
        };
        assert_eq!(config("").platform_name(), "linux/arm64");
        assert_eq!(config("v8").platform_name(), "linux/arm64/v8");
        assert!(config("").is_for("linux/arm64") && config("v8").is_for("linux/arm64"));
        assert!(!config("").is_for("linux/arm") && !config("").is_for("linux/amd64"));
        assert!(Config::parse(b"{}").unwrap().is_for("linux/arm64"));
    }

    #[test]
    fn keeps_null_until_first_layer() {
        let mut config = Config::parse(
            br#"{"os": "linux", "architecture": "amd64", "rootfs": {"diff_ids": null}, "history": null}"#,
        )
        .unwrap();
        assert_eq!(config.diff_ids().len(), 0);
        let text = String::from_utf8(config.to_bytes()).unwrap();
        assert!(
            text.contains(r#""history":null"#) && text.contains(r#""diff_ids":null"#),
            "{text}"
        );
        let diff_id = crate::digest::of_bytes(b"x");
        config.push_layer(&diff_id);
        let document: Value = serde_json::from_slice(&config.to_bytes()).unwrap();
        assert_eq!(document["rootfs"], json!({"diff_ids": [diff_id.as_str()]}));
        assert_eq!(document["history"].as_array().map(Vec::len), Some(1));
    }

    #[test]
    fn empty_entrypoint_clears_cmd() {
        let mut config = base(json!({"Entrypoint": ["/a"], "Cmd": ["b"]}));
        config.set_entrypoint(vec![]);
        assert_eq!(section(&config), json!({"Entrypoint": []}));
    }

    #[test]
    fn history_is_constant() {
        let mut config = base(json!({}));
        config.push_layer(&crate::digest::of_bytes(b"x"));
        let text = String::from_utf8(config.to_bytes()).unwrap();
        let line = r#""history":[{"created":"1970-01-01T00:00:00Z","created_by":"oci_image"}]"#;
        assert!(text.contains(line), "{text}");
        assert_eq!(config.diff_ids().len(), 1);
    }

    #[test]
    fn rejects_documents_of_other_kinds() {
        let error = Config::parse(b"{\"os\": 1}").unwrap_err().to_string();
        assert!(error.starts_with("invalid image config: "), "{error}");
    }
}
