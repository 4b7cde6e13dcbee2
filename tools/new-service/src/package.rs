//! Expands the templates of a package.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::kind::Kind;
use crate::manifest::Manifest;
use crate::name;

/// In other workspaces thimble is a module.
const RULES: &str = "//tools/rust:defs.bzl";
const MODULE: &str = "@thimble";

/// Returns the files of a package: paths, relative to its directory, and contents.
pub(crate) fn files(
    kind: Kind,
    name: &str,
    workspace: &Path,
    manifest: &Manifest,
) -> BTreeMap<PathBuf, String> {
    let is_thimble = workspace.join("tools/rust/defs.bzl").exists();
    let rules = format!("{}{RULES}", if is_thimble { "" } else { MODULE });
    let crate_name = name::crate_name(name);
    let values = [
        ("{{name}}", name),
        ("{{crate}}", &crate_name),
        ("{{rules}}", &rules),
        ("{{package}}", &manifest.package_keys()),
        ("{{lints}}", manifest.lints()),
    ];
    let expand = |text: &str| {
        values
            .iter()
            .fold(text.to_owned(), |text, (key, value)| text.replace(key, value))
    };
    kind.templates()
        .iter()
        .map(|template| {
            // Without lints the template ends with an empty line.
            let text = expand(template.text).trim_end().to_owned() + "\n";
            (PathBuf::from(expand(template.path)), text)
        })
        .collect()
}
