//! Expands the templates of a package.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::kind::Kind;
use crate::manifest::Manifest;
use crate::name;

/// In other workspaces thimble is a module.
const RULES: &str = "//tools/rust:defs.bzl";
const MODULE: &str = "@thimble";

const CRATES_MODULE: &str = include_str!("../templates/crates.MODULE.bazel.tpl");

fn module(workspace: &Path) -> &'static str {
    let is_thimble = workspace.join("tools/rust/defs.bzl").exists();
    if is_thimble {
        ""
    } else {
        MODULE
    }
}

/// Returns the file that declares the crates of a package with a Cargo workspace of its own.
pub(crate) fn crates_module(name: &str, workspace: &Path) -> String {
    CRATES_MODULE
        .replace("{{name}}", name)
        .replace("{{crate}}", &name::crate_name(name))
        .replace("{{thimble}}", module(workspace))
}

/// Returns the files of a package: paths, relative to its directory, and contents.
pub(crate) fn files(
    kind: Kind,
    name: &str,
    workspace: &Path,
    manifest: &Manifest,
) -> BTreeMap<PathBuf, String> {
    let rules = format!("{}{RULES}", module(workspace));
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
