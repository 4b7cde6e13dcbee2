//! Cargo.lock.

use std::path::Path;

use crate::{files, Error};

const REGISTRY: &str = "registry+https://github.com/rust-lang/crates.io-index";

#[derive(Default)]
pub(crate) struct Locked {
    pub(crate) name: String,
    pub(crate) version: String,
    source: Option<String>,
    pub(crate) checksum: Option<String>,
}

/// The origin of a crate, as in cargo-auditable's format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// crates.io.
    CratesIo,
    /// A git repository.
    Git,
    /// The workspace.
    Local,
    /// Another registry.
    Registry,
}

impl Source {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::CratesIo => "crates.io",
            Self::Git => "git",
            Self::Local => "local",
            Self::Registry => "registry",
        }
    }
}

impl Locked {
    pub(crate) fn source(&self) -> Source {
        match self.source.as_deref() {
            None => Source::Local,
            Some(REGISTRY) => Source::CratesIo,
            Some(other) if other.starts_with("git+") => Source::Git,
            Some(_) => Source::Registry,
        }
    }

    fn set(&mut self, field: &str, value: &str) {
        let value = value.trim_matches('"').to_owned();
        match field {
            "name" => self.name = value,
            "version" => self.version = value,
            "source" => self.source = Some(value),
            "checksum" => self.checksum = Some(value),
            _ => {}
        }
    }
}

pub(crate) struct Lock(Vec<Locked>);

impl Lock {
    pub(crate) fn read(path: &Path) -> Result<Self, Error> {
        let lock = Self::parse(&files::read_text(path)?);
        if lock
            .0
            .iter()
            .any(|it| it.name.is_empty() || it.version.is_empty())
        {
            let problem =
                "a package has no name or version; regenerate the file:\n  cargo update --workspace";
            return Err(files::content(path, problem));
        }
        Ok(lock)
    }

    /// Cargo writes one field per line, so no TOML parser is needed.
    fn parse(text: &str) -> Self {
        let mut packages: Vec<Locked> = Vec::new();
        let mut in_package = false;
        for line in text.lines() {
            if line.starts_with('[') {
                in_package = line == "[[package]]";
                if in_package {
                    packages.push(Locked::default());
                }
            } else if let (true, Some(package), Some((field, value))) =
                (in_package, packages.last_mut(), line.split_once(" = "))
            {
                package.set(field, value);
            }
        }
        Self(packages)
    }

    pub(crate) fn find(&self, name: &str, version: &str) -> Option<&Locked> {
        self.0.iter().find(|it| it.name == name && it.version == version)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_only_packages() {
        let lock = Lock::parse(
            r#"
version = 4

[[package]]
name = "own-lib"
version = "0.2.0"
dependencies = [
 "left",
]

[[package]]
name = "left"
version = "1.0.0+7"
source = "git+https://example.com/left?rev=1#1"
checksum = "aa"

[[patch.unused]]
name = "right"
version = "2.0.0"
"#,
        );
        assert_eq!(lock.0.len(), 2);
        assert_eq!(lock.find("own-lib", "0.2.0").unwrap().source(), Source::Local);
        let left = lock.find("left", "1.0.0+7").unwrap();
        assert_eq!(
            (left.source(), left.checksum.as_deref()),
            (Source::Git, Some("aa"))
        );
    }
}
