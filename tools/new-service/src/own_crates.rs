//! A package that is a Cargo workspace of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use crate::manifest;
use crate::Error;

/// Sections of the workspace's Cargo.toml that the package's own workspace has, too.
const SECTIONS: [&str; 3] = ["[workspace.package]", "[workspace.lints", "[profile.release]"];

/// From a directory in `services` to the workspace.
const TO_WORKSPACE: &str = "../..";

/// Makes the package a Cargo workspace, with the settings of `workspace`, the text of the workspace's Cargo.toml. Adds the file that
/// MODULE.bazel includes.
pub(crate) fn separate(
    files: &mut BTreeMap<PathBuf, String>,
    workspace: &str,
    dependencies: &BTreeSet<String>,
    module: String,
) -> Result<(), Error> {
    let all = manifest::add_dependencies(workspace, dependencies)?;
    let mut text = String::from("\n[workspace]\nresolver = \"2\"\n");
    for section in SECTIONS {
        text += &sections(workspace, section);
    }
    text += "\n[workspace.dependencies]\n";
    text += &manifest::dependency_lines(&all, dependencies, TO_WORKSPACE)?;
    if let Some(own) = files.get_mut(&PathBuf::from("Cargo.toml")) {
        own.push_str(&text);
        manifest::Manifest::parse(own)?;
    }
    files.insert(PathBuf::from("crates.MODULE.bazel"), module);
    Ok(())
}

/// Returns the sections whose header starts with `header`, without comments, each after an empty line.
fn sections(text: &str, header: &str) -> String {
    let mut found = String::new();
    let mut is_inside = false;
    for line in text.lines() {
        if line.starts_with('[') {
            is_inside = line.starts_with(header);
            if is_inside {
                found += "\n";
            }
        }
        if is_inside && !line.trim().is_empty() && !line.starts_with('#') {
            found = found + line + "\n";
        }
    }
    found
}

/// Returns the text of MODULE.bazel that includes the package's file.
pub(crate) fn include(module: &str, path: &str) -> String {
    format!(
        "{}\n\ninclude(\"//{path}:crates.MODULE.bazel\")\n",
        module.trim_end()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_sections_without_comments() {
        let text = "[workspace.lints.rust]\na = \"warn\"\n\n# of the next\n[workspace.lints.clippy]\n# reason\nb = 1\n\n[profile.dev]\nc = 1\n";
        assert_eq!(
            sections(text, "[workspace.lints"),
            "\n[workspace.lints.rust]\na = \"warn\"\n\n[workspace.lints.clippy]\nb = 1\n"
        );
    }
}
