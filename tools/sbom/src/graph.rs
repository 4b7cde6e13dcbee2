//! The crates of a program, as Bazel links them, with what Cargo.lock and their manifests say of each.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::lock::{Lock, Locked, Source};
use crate::{files, Error};

/// A line of the file that the aspect writes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Target {
    id: String,
    /// The name that the crate's code has.
    #[serde(rename = "crate")]
    crate_name: String,
    /// The name and version that `crate_universe` gave it; none for a crate of the workspace.
    package: Option<String>,
    version: String,
    /// Its Cargo.toml, if Bazel has it at hand.
    manifest: Option<PathBuf>,
    deps: Vec<String>,
}

#[derive(Deserialize)]
struct Manifest {
    package: Option<ManifestPackage>,
    workspace: Option<Workspace>,
}

#[derive(Deserialize)]
struct ManifestPackage {
    license: Option<String>,
}

#[derive(Deserialize)]
struct Workspace {
    package: ManifestPackage,
}

/// What names a crate: its package and version.
pub(crate) type Key = (String, String);

/// A crate that is linked in.
#[derive(Debug)]
pub(crate) struct Crate {
    pub(crate) source: Source,
    pub(crate) checksum: Option<String>,
    /// As its manifest has it.
    pub(crate) license: Option<String>,
    pub(crate) deps: BTreeSet<Key>,
}

/// All crates of a program, its own among them.
#[derive(Debug)]
pub(crate) struct Graph {
    pub(crate) root: Key,
    pub(crate) crates: BTreeMap<Key, Crate>,
}

/// The files that the graph is made from.
#[derive(Default)]
pub(crate) struct Inputs {
    /// The targets, one JSON object a line; the last one is the program.
    pub(crate) targets: PathBuf,
    pub(crate) lock: PathBuf,
    /// The workspace's Cargo.toml, which has the licence of its crates.
    pub(crate) workspace: PathBuf,
}

impl Graph {
    pub(crate) fn read(inputs: &Inputs) -> Result<Self, Error> {
        let targets = read_targets(&inputs.targets)?;
        let lock = Lock::read(&inputs.lock)?;
        let workspace: Manifest = files::toml(&inputs.workspace)?;
        let own_license = workspace.workspace.and_then(|it| it.package.license);

        let mut keys = BTreeMap::new();
        for target in &targets {
            keys.insert(target.id.as_str(), key(target, &lock, &inputs.lock)?);
        }
        let root = targets
            .last()
            .and_then(|target| keys.get(target.id.as_str()))
            .cloned()
            .ok_or_else(|| files::content(&inputs.targets, "no crate in it"))?;
        let mut crates: BTreeMap<Key, Crate> = BTreeMap::new();
        for target in &targets {
            let Some(key) = keys.get(target.id.as_str()) else {
                continue;
            };
            let locked = find(target, &lock);
            let it = crates.entry(key.clone()).or_insert_with(|| Crate {
                source: locked.map_or(Source::Local, Locked::source),
                checksum: locked.and_then(|it| it.checksum.clone()),
                license: None,
                deps: BTreeSet::new(),
            });
            let license = match &target.manifest {
                Some(manifest) => files::toml::<Manifest>(manifest)?
                    .package
                    .and_then(|it| it.license),
                None if it.source == Source::Local => own_license.clone(),
                None => None,
            };
            it.license = it.license.take().or(license);
            let deps = target.deps.iter().filter_map(|id| keys.get(id.as_str()));
            it.deps.extend(deps.filter(|dep| *dep != key).cloned());
        }
        Ok(Self { root, crates })
    }
}

fn read_targets(path: &Path) -> Result<Vec<Target>, Error> {
    let text = String::from_utf8_lossy(&files::read(path)?).into_owned();
    let parse = |line| serde_json::from_str(line).map_err(|error| files::content(path, error.to_string()));
    text.lines().map(parse).collect()
}

fn find<'a>(target: &Target, lock: &'a Lock) -> Option<&'a Locked> {
    match &target.package {
        Some(package) => lock.external(package, &target.version),
        None => lock.local(&target.crate_name),
    }
}

/// A crate of the workspace that only Bazel knows has its own name and version.
fn key(target: &Target, lock: &Lock, lock_file: &Path) -> Result<Key, Error> {
    match (find(target, lock), &target.package) {
        (Some(locked), _) => Ok((locked.name.clone(), locked.version.clone())),
        (None, None) => Ok((target.crate_name.clone(), target.version.clone())),
        (None, Some(package)) => Err(files::content(
            lock_file,
            format!(
                "{package} {} is linked in ({}) but is not in it; bring it up to date:\n  cargo update --workspace",
                target.version, target.id
            ),
        )),
    }
}
