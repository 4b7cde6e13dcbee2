//! Cargo.lock: versions, sources and checksums.

use std::path::Path;

use serde::Deserialize;

use crate::{files, Error};

const REGISTRY: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// A package of the lock.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Locked {
    pub(crate) name: String,
    pub(crate) version: String,
    source: Option<String>,
    pub(crate) checksum: Option<String>,
}

/// Where a crate comes from, in the words of cargo-auditable's format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    CratesIo,
    Git,
    Local,
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
}

/// All of a Cargo.lock.
#[derive(Deserialize)]
pub(crate) struct Lock {
    package: Vec<Locked>,
}

impl Lock {
    pub(crate) fn read(path: &Path) -> Result<Self, Error> {
        files::toml(path)
    }

    /// A crate that was fetched.
    pub(crate) fn external(&self, name: &str, version: &str) -> Option<&Locked> {
        self.package
            .iter()
            .find(|it| it.source() != Source::Local && it.name == name && it.version == version)
    }

    /// A crate of the workspace, by the name that its code has.
    pub(crate) fn local(&self, crate_name: &str) -> Option<&Locked> {
        self.package
            .iter()
            .find(|it| it.source() == Source::Local && it.name.replace('-', "_") == crate_name)
    }
}
