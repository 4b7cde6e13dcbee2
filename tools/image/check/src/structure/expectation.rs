//! Expectation files.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::base::Base;
use crate::image::Image;

/// Matches any value, for labels that change with every commit.
const ANY: &str = "*";

/// The expected configuration of an image, and exceptions from the rules for production images.
///
/// If a file has at least one field of the configuration, its other fields are expected to be empty; without
/// `platform`, the platform is not compared. The value `*` of a label or annotation matches any value.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Expectation {
    /// `os/architecture` or `os/architecture/variant`.
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
    #[serde(skip_serializing_if = "Option::is_none")]
    labels: Option<BTreeMap<String, String>>,
    /// Annotations of the manifest, without the base's.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    annotations: BTreeMap<String, String>,
    /// `StopSignal`, as written in the config.
    #[serde(skip_serializing_if = "String::is_empty")]
    stop_signal: String,
    /// Other fields of the config, without the base's: `author`, `Healthcheck`, `OnBuild`, ...
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    other: BTreeMap<String, Value>,
    /// `created`, as written in the config.
    #[serde(skip_serializing_if = "Option::is_none")]
    created: Option<String>,
    /// Number of layers above the base's.
    #[serde(skip_serializing_if = "Option::is_none")]
    layers: Option<usize>,
    /// The image may run as root.
    #[serde(skip_serializing_if = "is_default")]
    pub(super) allow_root: bool,
    /// The image may contain a shell.
    #[serde(skip_serializing_if = "is_default")]
    pub(super) allow_shell: bool,
    /// Paths that may be setuid or setgid.
    #[serde(skip_serializing_if = "is_default")]
    pub(super) allow_setuid: BTreeSet<String>,
    /// Paths that may have file capabilities.
    #[serde(skip_serializing_if = "is_default")]
    pub(super) allow_capabilities: BTreeSet<String>,
    /// Names of extended attributes that files may have in addition to `user.*`, as in `security.selinux`.
    #[serde(skip_serializing_if = "is_default")]
    pub(super) allow_xattrs: BTreeSet<String>,
    /// Paths that the image's user may write to; default `/tmp`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) allow_writable: Option<BTreeSet<String>>,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

impl Expectation {
    /// The expectation that the image would match, with the same exceptions.
    pub(super) fn found(&self, image: &Image, base: &Base) -> Self {
        let exceptions = self.exceptions();
        if *self == exceptions {
            return exceptions;
        }
        let run = &image.config.run;
        let keys = |map: &BTreeMap<String, Value>| map.keys().cloned().collect::<Vec<_>>();
        let expected_labels = self.labels.clone().unwrap_or_default();
        Self {
            platform: self.platform.as_ref().map(|_| image.full_platform()),
            user: Some(run.user.clone()),
            entrypoint: Some(run.entrypoint.clone()),
            cmd: Some(run.cmd.clone()),
            env: Some(run.env.clone()),
            working_dir: Some(run.working_dir.clone()),
            exposed_ports: Some(keys(&run.exposed_ports)),
            volumes: Some(keys(&run.volumes)),
            labels: Some(with_any(&expected_labels, &run.labels)),
            annotations: with_any(
                &self.annotations,
                &without(image.annotations.clone(), &base.annotations),
            ),
            stop_signal: run.stop_signal.clone(),
            other: without(image.config.other_fields(), &base.other_fields),
            created: Some(image.config.created.clone().unwrap_or_default()),
            layers: Some(image.layers.len() - base.layers.len()),
            ..exceptions
        }
    }

    pub(super) fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }

    /// Adds the absent fields, unless there are only exceptions, which compare nothing.
    pub(super) fn completed(self) -> Self {
        if self == self.exceptions() {
            self
        } else {
            self.with_fields()
        }
    }

    /// Adds the absent fields, and `platform` to a new file if `with_platform` is set.
    pub(super) fn for_update(self, with_platform: bool) -> Self {
        let is_new = self == self.exceptions();
        Self {
            platform: self
                .platform
                .clone()
                .or_else(|| (is_new && with_platform).then(String::new)),
            ..self.with_fields()
        }
    }

    /// The exceptions from the rules, without the fields of the configuration.
    fn exceptions(&self) -> Self {
        Self {
            allow_root: self.allow_root,
            allow_shell: self.allow_shell,
            allow_setuid: self.allow_setuid.clone(),
            allow_capabilities: self.allow_capabilities.clone(),
            allow_xattrs: self.allow_xattrs.clone(),
            allow_writable: self.allow_writable.clone(),
            ..Self::default()
        }
    }

    fn with_fields(self) -> Self {
        Self {
            user: self.user.or_else(|| Some(String::new())),
            entrypoint: self.entrypoint.or_else(|| Some(Vec::new())),
            cmd: self.cmd.or_else(|| Some(Vec::new())),
            env: self.env.or_else(|| Some(Vec::new())),
            working_dir: self.working_dir.or_else(|| Some(String::new())),
            exposed_ports: self.exposed_ports.or_else(|| Some(Vec::new())),
            volumes: self.volumes.or_else(|| Some(Vec::new())),
            labels: self.labels.or_else(|| Some(BTreeMap::new())),
            created: self.created.or_else(|| Some(String::new())),
            layers: self.layers.or(Some(0)),
            ..self
        }
    }
}

fn with_any(
    expected: &BTreeMap<String, String>,
    found: &BTreeMap<String, String>,
) -> BTreeMap<String, String> {
    let value = |key: &String, value: &String| match expected.get(key).map(String::as_str) {
        Some(ANY) if !value.is_empty() => ANY.to_owned(),
        _ => value.clone(),
    };
    found
        .iter()
        .map(|(key, it)| (key.clone(), value(key, it)))
        .collect()
}

/// The entries of `all` that `base` does not have with the same value.
fn without<V: PartialEq>(all: BTreeMap<String, V>, base: &BTreeMap<String, V>) -> BTreeMap<String, V> {
    all.into_iter()
        .filter(|(key, value)| base.get(key) != Some(value))
        .collect()
}
