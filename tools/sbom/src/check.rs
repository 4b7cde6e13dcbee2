//! Checks that SBOMs and program list the same crates, and that every license is allowed.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::{Path, PathBuf};

use link_tool::Key;
use serde::Deserialize;

use crate::licenses::{to_spdx, Policy};
use crate::{files, referrers, Error};

/// Printed by every run, because users could expect these checks.
const NOT_CHECKED: &str = "\
not checked: advisories; their database is a git repository, which a test cannot reach. With network access, run:
  cargo deny check advisories
not checked: licenses of Debian packages, whose records do not contain any
";

/// `rust_service` declares a test whose SBOMs and program always list the same crates.
const OTHER_PROGRAM: &str = "\
SBOMs and program list other crates: expected, as the test's attribute sbom, the SBOMs of the rule that wrote the crate list of binary
";

/// Shown in place of a license that is absent or not an SPDX expression.
const NO_LICENSE: &str = "no SPDX license expression";

#[derive(Deserialize)]
struct CycloneDx {
    metadata: Metadata,
    components: Vec<Component>,
    #[serde(default)]
    dependencies: Vec<Dependencies>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Dependencies {
    #[serde(rename = "ref")]
    dependent: String,
    #[serde(default)]
    depends_on: Vec<String>,
}

#[derive(Deserialize)]
struct Metadata {
    component: Component,
}

#[derive(Deserialize)]
struct Component {
    name: String,
    version: String,
    purl: String,
    #[serde(default)]
    licenses: Vec<License>,
}

#[derive(Deserialize)]
struct License {
    expression: String,
}

#[derive(Deserialize)]
struct Spdx {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Package {
    name: String,
    version_info: String,
    external_refs: Vec<Reference>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Reference {
    reference_locator: String,
}

#[derive(Default)]
pub(crate) struct Options {
    pub(crate) binary: PathBuf,
    pub(crate) sbom: PathBuf,
    pub(crate) policy: PathBuf,
}

pub(crate) fn run(options: &Options, out: &mut dyn Write) -> Result<bool, Error> {
    let cyclonedx: CycloneDx = files::json(&options.sbom.join(referrers::CYCLONEDX.file_name))?;
    let spdx: Spdx = files::json(&options.sbom.join(referrers::SPDX.file_name))?;
    let policy = Policy::read(&options.policy)?;

    writeln!(out, "sbom {}", options.binary.display())?;
    let components: Vec<_> = cyclonedx
        .components
        .iter()
        .chain([&cyclonedx.metadata.component])
        .collect();
    let linked = linked_crates(&options.binary)?;
    let in_cyclonedx = crates(components.iter().map(|it| (&it.purl, &it.name, &it.version)));
    let in_spdx = crates(spdx.packages.iter().filter_map(|it| {
        let purl = &it.external_refs.first()?.reference_locator;
        Some((purl, &it.name, &it.version_info))
    }));
    writeln!(out, "  {:>4} crates in the program's own list", linked.len())?;
    let mut passed = compare("CycloneDX", &linked, &in_cyclonedx, out)?;
    passed &= compare("SPDX", &linked, &in_spdx, out)?;
    if !passed {
        out.write_all(OTHER_PROGRAM.as_bytes())?;
    }
    let packages = components
        .iter()
        .filter(|it| it.purl.starts_with("pkg:deb/"))
        .count();
    writeln!(out, "  {packages:>4} Debian packages")?;
    let licensed = components
        .iter()
        .filter(|it| it.purl.starts_with("pkg:cargo/"))
        .map(|it| {
            let license = it.licenses.first().map(|it| it.expression.clone());
            ((it.name.clone(), it.version.clone()), license)
        })
        .collect();
    let dependents = dependents(&components, &cyclonedx.dependencies);
    passed &= check_licenses(&licensed, &dependents, &policy, &options.policy, out)?;
    out.write_all(NOT_CHECKED.as_bytes())?;
    Ok(passed)
}

/// The dependent crates of each crate.
fn dependents<'a>(components: &[&'a Component], dependencies: &[Dependencies]) -> BTreeMap<Key, Vec<String>> {
    let by_purl: BTreeMap<&str, &'a Component> =
        components.iter().map(|it| (it.purl.as_str(), *it)).collect();
    let mut dependents = BTreeMap::<Key, Vec<String>>::new();
    for it in dependencies {
        let Some(dependent) = by_purl.get(it.dependent.as_str()) else {
            continue;
        };
        let found = it.depends_on.iter().filter_map(|purl| by_purl.get(purl.as_str()));
        for dependency in found {
            let key = (dependency.name.clone(), dependency.version.clone());
            let text = format!("{} {}", dependent.name, dependent.version);
            dependents.entry(key).or_default().push(text);
        }
    }
    dependents
}

/// The crates that the program lists itself.
fn linked_crates(binary: &Path) -> Result<BTreeSet<Key>, Error> {
    let info =
        auditable_info::audit_info_from_file(binary, auditable_info::Limits::default()).map_err(|error| {
            files::content(
                binary,
                format!("no list of crates in it (section .dep-v0): {error}; pass the program of an image"),
            )
        })?;
    Ok(info
        .packages
        .into_iter()
        .map(|it| (it.name, it.version.to_string()))
        .collect())
}

fn crates<'a>(parts: impl Iterator<Item = (&'a String, &'a String, &'a String)>) -> BTreeSet<Key> {
    parts
        .filter(|(purl, _, _)| purl.starts_with("pkg:cargo/"))
        .map(|(_, name, version)| (name.clone(), version.clone()))
        .collect()
}

fn compare(
    name: &str,
    linked: &BTreeSet<Key>,
    found: &BTreeSet<Key>,
    out: &mut dyn Write,
) -> Result<bool, Error> {
    let ok = linked == found;
    let result = if ok { "ok" } else { "FAIL" };
    writeln!(out, "  {:>4} crates in {name}: {result}", found.len())?;
    for (name, version) in linked.difference(found) {
        writeln!(out, "       only in the program: {name} {version}")?;
    }
    for (name, version) in found.difference(linked) {
        writeln!(out, "       not in the program: {name} {version}")?;
    }
    Ok(ok)
}

fn check_licenses(
    crates: &BTreeMap<Key, Option<String>>,
    dependents: &BTreeMap<Key, Vec<String>>,
    policy: &Policy,
    file: &Path,
    out: &mut dyn Write,
) -> Result<bool, Error> {
    let mut by_license: BTreeMap<&str, Vec<&Key>> = BTreeMap::new();
    let mut rejected = Vec::new();
    for (it, license) in crates {
        let license = policy.clarified(it).or(license.as_deref());
        by_license
            .entry(license.unwrap_or(NO_LICENSE))
            .or_default()
            .push(it);
        if !license.is_some_and(|license| policy.allows(it, license)) {
            rejected.push((it, license));
        }
    }
    for (license, crates) in &by_license {
        writeln!(out, "  {:>4} {license}", crates.len())?;
    }
    for (it @ (name, version), license) in &rejected {
        let needed = dependents.get(*it).map_or_else(String::new, |dependents| {
            format!("; needed by {}", dependents.join(", "))
        });
        let file = file.display();
        match license {
            Some(license) => writeln!(
                out,
                "license not allowed: {name} {version} has {license}{needed}\n  \
                 remove the crate, or allow the license in {file}: under allow, or under exceptions for this crate"
            )?,
            None => writeln!(
                out,
                "license missing: {name} {version} has {NO_LICENSE}{needed}\n  \
                 remove the crate, or add its license to {file}:\n    \
                 [[licenses.clarify]]\n    crate = \"{name}@{}\"\n    expression = \"EXPRESSION\"\n  \
                 or, for a crate of the workspace, to its Cargo.toml; without an SPDX identifier, as in \
                 license = \"LicenseRef-Proprietary\"",
                version.split('+').next().unwrap_or_default()
            )?,
        }
    }
    Ok(rejected.is_empty())
}

#[derive(Deserialize)]
struct CargoMetadata {
    packages: Vec<CargoPackage>,
}

#[derive(Deserialize)]
struct CargoPackage {
    name: String,
    version: String,
    license: Option<String>,
}

/// Checks the licenses of all crates of a Cargo.lock, linked or not, listed by `cargo metadata`.
pub(crate) fn run_licenses(metadata: &Path, policy: &Path, out: &mut dyn Write) -> Result<bool, Error> {
    let metadata: CargoMetadata = files::json(metadata)?;
    let crates: BTreeMap<_, _> = metadata
        .packages
        .into_iter()
        .map(|it| ((it.name, it.version), it.license.as_deref().and_then(to_spdx)))
        .collect();
    writeln!(out, "licenses of {} crates", crates.len())?;
    let passed = check_licenses(&crates, &BTreeMap::new(), &Policy::read(policy)?, policy, out)?;
    out.write_all(NOT_CHECKED.as_bytes())?;
    Ok(passed)
}
