//! The crates of a program, as the build describes them.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::Deserialize;

use crate::Error;

/// The build truncates lists of Cargo.toml files: a list with more than this is incomplete.
const MAX_MANIFESTS: usize = 3;

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Linked {
    /// Packages that depend on it; for packages outside the program, the Cargo.toml files that need them.
    pub(super) dependents: BTreeMap<String, Vec<String>>,
    pub(super) features: Vec<String>,
    /// Its Cargo.toml, if it is a member of the workspace.
    pub(super) manifest: Option<String>,
    /// Cargo.toml files by the feature that they request.
    pub(super) requests: BTreeMap<String, Vec<String>>,
}

/// Crates by name and version, as in `tokio 1.54.1`.
pub(super) type LinkedCrates = BTreeMap<String, Linked>;

pub(super) fn read(path: &Path) -> Result<LinkedCrates, Error> {
    let text = fs::read(path).map_err(|source| Error::Read {
        path: path.to_owned(),
        source,
    })?;
    serde_json::from_slice(&text)
        .map_err(|error| Error::Input(format!("{}: invalid list of crates: {error}", path.display())))
}

/// Features by crate, separated by spaces.
pub(super) type Features = BTreeMap<String, String>;

pub(super) fn features(crates: &LinkedCrates) -> Features {
    crates
        .iter()
        .map(|(key, it)| (key.clone(), it.features.join(" ")))
        .collect()
}

/// The requests for `features`, as in `services/hello/Cargo.toml (net, rt)`; empty if there is none.
pub(super) fn requests<'a>(it: &Linked, features: impl Iterator<Item = &'a str>) -> String {
    let (mut by_manifest, mut more) = (BTreeMap::<&str, Vec<&str>>::new(), false);
    for feature in features {
        let manifests = it.requests.get(feature).map_or(&[][..], Vec::as_slice);
        more |= manifests.len() > MAX_MANIFESTS;
        for manifest in manifests.iter().take(MAX_MANIFESTS) {
            by_manifest.entry(manifest).or_default().push(feature);
        }
    }
    let mut requests: Vec<_> = by_manifest
        .iter()
        .map(|(manifest, features)| format!("{manifest} ({})", features.join(", ")))
        .collect();
    if more {
        requests.push("others".to_owned());
    }
    requests.join(", ")
}

/// Names a dependent package: by its Cargo.toml if that is in the workspace.
pub(super) fn dependent(key: &str, manifests: &[String], crates: &LinkedCrates) -> String {
    if let Some(it) = crates.get(key) {
        return it.manifest.clone().unwrap_or_else(|| key.to_owned());
    }
    let shown = manifests.iter().take(MAX_MANIFESTS).map(String::as_str);
    let more = (manifests.len() > MAX_MANIFESTS).then_some("others");
    let manifests: Vec<_> = shown.chain(more).collect();
    format!("{key} (of {})", manifests.join(", "))
}
