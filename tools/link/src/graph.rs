//! The crates that Bazel links into a program, with their versions and checksums from Cargo.lock.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::lock::{Lock, Locked, Source};
use crate::{files, Error};

/// A line of the file of targets, which the aspect `linked_crates` writes.
struct Target {
    id: String,
    /// Package name and version; name of the crate for a target without a Cargo package.
    key: Key,
    /// Cargo.lock must contain the package.
    locked: bool,
    /// `license` of its Cargo.toml; none if that is an input of the action, and for a target without a Cargo package.
    license: Option<String>,
    /// Its Cargo.toml, if it is an input of the action.
    manifest: Option<PathBuf>,
    deps: Vec<String>,
}

/// Package name and version of a crate.
pub type Key = (String, String);

/// A crate that is linked in.
#[derive(Debug)]
pub struct Crate {
    /// Its origin.
    pub source: Source,
    /// SHA-256 of its archive, in hexadecimal.
    pub checksum: Option<String>,
    /// Its Cargo.toml, if it is an input of the action.
    pub manifest: Option<PathBuf>,
    /// `license` of its Cargo.toml, if that is not an input of the action; none for a crate without a Cargo package.
    pub license: Option<String>,
    /// The crates that it depends on.
    pub deps: BTreeSet<Key>,
}

/// The crates of a program, including its own.
#[derive(Debug)]
pub struct Graph {
    /// The program's own crate.
    pub root: Key,
    /// Every crate that is linked in.
    pub crates: BTreeMap<Key, Crate>,
}

impl Graph {
    /// Reads the targets, one JSON object per line, the last of which is the program; and Cargo.lock.
    pub fn read(targets_file: &Path, lock_file: &Path) -> Result<Self, Error> {
        let targets = read_targets(targets_file)?;
        let lock = Lock::read(lock_file)?;
        let keys: BTreeMap<&str, &Key> = targets.iter().map(|it| (it.id.as_str(), &it.key)).collect();
        let root = targets
            .last()
            .map(|target| target.key.clone())
            .ok_or_else(|| files::content(targets_file, "no crates: expected one JSON object per line"))?;
        let mut crates: BTreeMap<Key, Crate> = BTreeMap::new();
        for target in &targets {
            let (name, version) = &target.key;
            let locked = lock.find(name, version);
            if target.locked && locked.is_none() {
                let problem = format!(
                    "{name} {version}, which {} links, is missing; update the file:\n  cargo update --workspace",
                    target.id
                );
                return Err(files::content(lock_file, problem));
            }
            let it = crates.entry(target.key.clone()).or_insert_with(|| Crate {
                source: locked.map_or(Source::Local, Locked::source),
                checksum: locked.and_then(|it| it.checksum.clone()),
                manifest: None,
                license: None,
                deps: BTreeSet::new(),
            });
            it.manifest = it.manifest.take().or_else(|| target.manifest.clone());
            it.license = it.license.take().or_else(|| target.license.clone());
            let deps = target.deps.iter().filter_map(|id| keys.get(id.as_str()).copied());
            it.deps.extend(deps.filter(|dep| **dep != target.key).cloned());
        }
        Ok(Self { root, crates })
    }
}

fn read_targets(path: &Path) -> Result<Vec<Target>, Error> {
    let text = files::read_text(path)?;
    let parse = |line| Target::parse(line).map_err(|problem| files::content(path, problem));
    text.lines().map(parse).collect()
}

impl Target {
    fn parse(line: &str) -> Result<Self, String> {
        let value: Value = serde_json::from_str(line).map_err(|error| error.to_string())?;
        let optional = |field: &str| Some(value.get(field)?.as_str()?.to_owned());
        let required =
            |field: &str| optional(field).ok_or_else(|| format!("missing string {field:?} in {line}"));
        let deps = value.get("deps").and_then(Value::as_array);
        let deps = deps.ok_or_else(|| format!("missing list \"deps\" in {line}"))?;
        Ok(Self {
            id: required("id")?,
            key: (required("name")?, required("version")?),
            locked: value.get("locked") == Some(&Value::Bool(true)),
            license: optional("license"),
            manifest: optional("manifest").map(PathBuf::from),
            deps: deps
                .iter()
                .filter_map(|dep| Some(dep.as_str()?.to_owned()))
                .collect(),
        })
    }
}
