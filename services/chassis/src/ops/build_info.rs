//! The build information of `/version` and of the metric `build_info`.

use std::collections::BTreeMap;
use std::env::consts::{ARCH, OS};
use std::fs;
use std::path::Path;

use serde::Serialize;

use crate::error::RunError;

/// The stamp of an image, as lines of `KEY=VALUE`. An image that is not stamped has no such file.
const STAMP_FILE: &str = "/etc/build-info";

/// The response of `/version`.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct BuildInfo {
    pub(crate) name: &'static str,
    /// The version in the stamp, or the crate's version.
    pub(crate) version: String,
    /// CPU, system and libc.
    pub(crate) target: String,
    /// The other keys of the stamp, such as `commit`.
    #[serde(flatten)]
    pub(crate) stamp: BTreeMap<String, String>,
}

impl BuildInfo {
    pub(crate) fn load(name: &'static str, version: &str) -> Result<Self, RunError> {
        Self::read(name, version, Path::new(STAMP_FILE))
    }

    #[expect(clippy::disallowed_methods, reason = "runs before the service listens")]
    fn read(name: &'static str, version: &str, file: &Path) -> Result<Self, RunError> {
        let path = || file.to_owned();
        let text = match fs::read_to_string(file) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(source) => return Err(RunError::ReadBuildInfo { path: path(), source }),
        };
        let mut stamp = BTreeMap::new();
        for line in text.lines() {
            let Some((key, value)) = line.split_once('=') else {
                let line = line.to_owned();
                return Err(RunError::BuildInfo { path: path(), line });
            };
            if !["name", "target"].contains(&key) {
                stamp.insert(key.to_owned(), value.to_owned());
            }
        }
        let libc = if cfg!(target_env = "musl") { "musl" } else { "gnu" };
        Ok(Self {
            name,
            version: stamp.remove("version").unwrap_or_else(|| version.to_owned()),
            target: format!("{ARCH}-{OS}-{libc}"),
            stamp,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[expect(clippy::disallowed_methods, reason = "a test may block")]
    fn read(text: Option<&str>) -> Result<BuildInfo, RunError> {
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
    fn version_defaults_to_the_crate() {
        let info = read(None).unwrap();
        assert_eq!((info.name, info.version.as_str()), ("hello", "1.2.3"));
        assert!(info.stamp.is_empty());
    }

    #[test]
    fn stamp_overrides_version() {
        let info = read(Some("version=4.5.6\ncommit=abc\nname=other\n")).unwrap();
        assert_eq!((info.name, info.version.as_str()), ("hello", "4.5.6"));
        assert_eq!(info.stamp["commit"], "abc");
        let json = serde_json::to_string(&info).unwrap();
        assert!(
            json.starts_with(r#"{"name":"hello","version":"4.5.6","target":""#),
            "{json}"
        );
        assert!(json.ends_with(r#","commit":"abc"}"#), "{json}");
    }

    #[test]
    fn errors_name_the_file() {
        let error = read(Some("version")).unwrap_err().to_string();
        assert!(error.contains("build-info"), "{error}");
    }
}
