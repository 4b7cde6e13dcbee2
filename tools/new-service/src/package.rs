//! The files of a new package: the templates of its kind, filled in.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::kind::Kind;
use crate::manifest::Manifest;
use crate::name;

/// In another workspace thimble is a module.
const RULES: &str = "//tools/rust:defs.bzl";
const MODULE: &str = "@thimble";

/// Paths from the package's directory, and texts.
pub(crate) fn files(
    kind: Kind,
    name: &str,
    workspace: &Path,
    manifest: &Manifest,
) -> BTreeMap<PathBuf, String> {
    let own = workspace.join("tools/rust/defs.bzl").exists();
    let rules = format!("{}{RULES}", if own { "" } else { MODULE });
    let crate_name = name::crate_name(name);
    let values = [
        ("{{name}}", name),
        ("{{crate}}", &crate_name),
        ("{{rules}}", &rules),
        ("{{package}}", &manifest.package_keys()),
        ("{{lints}}", manifest.lints()),
    ];
    let fill = |text: &str| {
        values
            .iter()
            .fold(text.to_owned(), |text, (key, value)| text.replace(key, value))
    };
    kind.templates()
        .iter()
        .map(|template| {
            // Without lints the last line is empty.
            let text = fill(template.text).trim_end().to_owned() + "\n";
            (PathBuf::from(fill(template.path)), text)
        })
        .collect()
}
