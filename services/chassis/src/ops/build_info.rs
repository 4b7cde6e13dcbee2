//! What was built, from what.

use std::collections::BTreeMap;
use std::env::consts::{ARCH, OS};
use std::fs;
use std::path::Path;

use crate::quote::object;

/// Where a stamped image says so, in a layer of its own: lines of `key=value`. An image that isn't stamped has no such file.
const FILE: &str = "/etc/build-info";

/// What `/version` answers.
#[derive(Clone, Debug)]
pub(crate) struct BuildInfo {
    pub(crate) name: &'static str,
    /// Of the crate; a stamp's takes its place.
    pub(crate) version: String,
    /// CPU, system and libc.
    pub(crate) target: String,
    /// What else the stamp says, the commit first of all.
    pub(crate) stamp: BTreeMap<String, String>,
}

impl BuildInfo {
    pub(crate) fn of(name: &'static str, version: &str) -> Result<Self, String> {
        Self::read(name, version, Path::new(FILE))
    }

    /// As a JSON object.
    pub(crate) fn json(&self) -> String {
        let known = [
            ("name", self.name),
            ("version", &self.version),
            ("target", &self.target),
        ];
        object(
            known.into_iter().chain(
                self.stamp
                    .iter()
                    .map(|(key, value)| (key.as_str(), value.as_str())),
            ),
        )
    }

    #[expect(clippy::disallowed_methods, reason = "read once, before anything is bound")]
    fn read(name: &'static str, version: &str, file: &Path) -> Result<Self, String> {
        let text = match fs::read_to_string(file) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(format!("{}: {error}", file.display())),
        };
        let mut stamp = BTreeMap::new();
        for line in text.lines() {
            let Some((key, value)) = line.split_once('=') else {
                return Err(format!("{}: {line:?} is no key=value", file.display()));
            };
            if !["name", "target"].contains(&key) {
                stamp.insert(key.to_owned(), value.to_owned());
            }
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

    #[expect(clippy::disallowed_methods, reason = "a test may block")]
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
        let info = read(Some("version=4.5.6\ncommit=abc\nname=other\n")).unwrap();
        assert_eq!((info.name, info.version.as_str()), ("hello", "4.5.6"));
        assert_eq!(info.stamp["commit"], "abc");
        assert!(info
            .json()
            .starts_with(r#"{"name":"hello","version":"4.5.6","target":""#));
        assert!(info.json().ends_with(r#","commit":"abc"}"#));
    }

    #[test]
    fn a_broken_stamp_is_an_error_with_its_place() {
        let error = read(Some("version")).unwrap_err();
        assert!(error.contains("build-info"), "{error}");
    }
}
