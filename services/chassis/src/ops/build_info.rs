//! What was built, from what.

use std::collections::BTreeMap;
use std::env::consts::{ARCH, OS};
use std::fs;
use std::path::Path;

/// Where a stamped image says so, in a layer of its own; an image that isn't stamped has no such file.
const FILE: &str = "/etc/build-info.json";

/// What `/version` answers.
#[derive(Clone, Debug, serde::Serialize)]
pub(crate) struct BuildInfo {
    pub(crate) name: &'static str,
    /// Of the crate; a stamp's takes its place.
    pub(crate) version: String,
    /// CPU, system and libc.
    pub(crate) target: String,
    /// What else the stamp says, the commit first of all.
    #[serde(flatten)]
    pub(crate) stamp: BTreeMap<String, String>,
}

impl BuildInfo {
    pub(crate) fn of(name: &'static str, version: &str) -> Result<Self, String> {
        Self::read(name, version, Path::new(FILE))
    }

    fn read(name: &'static str, version: &str, file: &Path) -> Result<Self, String> {
        let mut stamp: BTreeMap<String, String> = match fs::read(file) {
            Ok(json) => {
                serde_json::from_slice(&json).map_err(|error| format!("{}: {error}", file.display()))?
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => BTreeMap::new(),
            Err(error) => return Err(format!("{}: {error}", file.display())),
        };
        for known in ["name", "target"] {
            stamp.remove(known);
        }
        Ok(Self {
            name,
            version: stamp.remove("version").unwrap_or_else(|| version.to_owned()),
            target: format!(
                "{ARCH}-{OS}-{}",
                if cfg!(target_env = "musl") { "musl" } else { "gnu" }
            ),
            stamp,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: Option<&str>) -> Result<BuildInfo, String> {
        let file = std::env::temp_dir().join(format!(
            "build-info-{}-{}",
            std::process::id(),
            text.map_or(0, str::len)
        ));
        if let Some(text) = text {
            fs::write(&file, text).unwrap();
        }
        let info = BuildInfo::read("hello", "1.2.3", &file);
        let _ = fs::remove_file(&file);
        info
    }

    #[test]
    fn without_a_stamp_it_is_the_crates() {
        let info = read(None).unwrap();
        assert_eq!((info.name, info.version.as_str()), ("hello", "1.2.3"));
        assert!(info.stamp.is_empty());
    }

    #[test]
    fn a_stamp_says_version_and_commit() {
        let info = read(Some(r#"{"version": "4.5.6", "commit": "abc", "name": "other"}"#)).unwrap();
        assert_eq!((info.name, info.version.as_str()), ("hello", "4.5.6"));
        assert_eq!(info.stamp["commit"], "abc");
    }

    #[test]
    fn a_broken_stamp_is_an_error_with_its_place() {
        let error = read(Some("{")).unwrap_err();
        assert!(error.contains("build-info"), "{error}");
    }
}
