//! The expectation file.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::layout::Image;

/// Holds for any value, so that a label that follows the commit needs no update.
const ANY: &str = "*";

/// What an image should be; a field that is absent is not checked.
///
/// A label's value may be `*`: it then must only be there.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Expectation {
    /// `os/architecture`.
    #[serde(skip_serializing_if = "Option::is_none")]
    platform: Option<String>,
    /// `User`, as written in the config.
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    entrypoint: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cmd: Option<Vec<String>>,
    /// `NAME=value`, in order.
    #[serde(skip_serializing_if = "Option::is_none")]
    env: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    working_dir: Option<String>,
    /// `8888/tcp`, sorted.
    #[serde(skip_serializing_if = "Option::is_none")]
    exposed_ports: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    volumes: Option<Vec<String>>,
    /// All labels there are.
    #[serde(skip_serializing_if = "Option::is_none")]
    labels: Option<BTreeMap<String, String>>,
    /// The time in the config.
    #[serde(skip_serializing_if = "Option::is_none")]
    created: Option<String>,
    /// How many layers lie above the base's.
    #[serde(skip_serializing_if = "Option::is_none")]
    layers: Option<usize>,
    /// The image may run as root.
    #[serde(skip_serializing_if = "is_default")]
    pub(super) allow_root: bool,
    /// The image may hold a shell.
    #[serde(skip_serializing_if = "is_default")]
    pub(super) allow_shell: bool,
    /// Paths that may be setuid or setgid.
    #[serde(skip_serializing_if = "is_default")]
    pub(super) allow_setuid: BTreeSet<String>,
    /// Paths that the image's user may write to; `/tmp` alone if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) allow_writable: Option<BTreeSet<String>>,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

impl Expectation {
    /// The same fields as they are in the image.
    pub(super) fn found(&self, image: &Image, base_layers: usize) -> Self {
        let wanted = self.clone();
        let run = &image.config.run;
        let keys = |map: &BTreeMap<String, serde_json::Value>| map.keys().cloned().collect::<Vec<_>>();
        Self {
            platform: wanted.platform.map(|_| image.platform()),
            user: wanted.user.map(|_| run.user.clone()),
            entrypoint: wanted.entrypoint.map(|_| run.entrypoint.clone()),
            cmd: wanted.cmd.map(|_| run.cmd.clone()),
            env: wanted.env.map(|_| run.env.clone()),
            working_dir: wanted.working_dir.map(|_| run.working_dir.clone()),
            exposed_ports: wanted.exposed_ports.map(|_| keys(&run.exposed_ports)),
            volumes: wanted.volumes.map(|_| keys(&run.volumes)),
            labels: wanted.labels.map(|wanted| labels(&wanted, &run.labels)),
            created: wanted
                .created
                .map(|_| image.config.created.clone().unwrap_or_default()),
            layers: wanted.layers.map(|_| image.layers.len() - base_layers),
            allow_root: wanted.allow_root,
            allow_shell: wanted.allow_shell,
            allow_setuid: wanted.allow_setuid,
            allow_writable: wanted.allow_writable,
        }
    }

    /// As it is checked in.
    pub(super) fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }

    /// Itself, or, if it has nothing to compare yet, the fields that a first file should have; `platform` is one of them
    /// unless it is said elsewhere.
    pub(super) fn or_first(self, with_platform: bool) -> Self {
        if self.compares_nothing() {
            self.first(with_platform)
        } else {
            self
        }
    }

    fn compares_nothing(&self) -> bool {
        let allowances = Self {
            allow_root: self.allow_root,
            allow_shell: self.allow_shell,
            allow_setuid: self.allow_setuid.clone(),
            allow_writable: self.allow_writable.clone(),
            ..Self::default()
        };
        *self == allowances
    }

    fn first(self, with_platform: bool) -> Self {
        Self {
            platform: with_platform.then(String::new),
            user: Some(String::new()),
            entrypoint: Some(Vec::new()),
            cmd: Some(Vec::new()),
            env: Some(Vec::new()),
            working_dir: Some(String::new()),
            exposed_ports: Some(Vec::new()),
            volumes: Some(Vec::new()),
            labels: Some(BTreeMap::new()),
            created: Some(String::new()),
            layers: Some(0),
            ..self
        }
    }
}

fn labels(wanted: &BTreeMap<String, String>, found: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let value = |key: &String, value: &String| match wanted.get(key).map(String::as_str) {
        Some(ANY) if !value.is_empty() => ANY.to_owned(),
        _ => value.clone(),
    };
    found
        .iter()
        .map(|(key, it)| (key.clone(), value(key, it)))
        .collect()
}
