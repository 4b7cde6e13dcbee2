//! Licenses in Cargo.toml files.

use std::path::Path;

use link_tool::{Crate, Source};
use serde::Deserialize;

use crate::licenses::to_spdx;
use crate::{files, Error};

#[derive(Deserialize)]
struct Manifest {
    package: Option<Package>,
    workspace: Option<Workspace>,
}

#[derive(Deserialize)]
struct Package {
    license: Option<License>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum License {
    Expression(String),
    /// `license.workspace = true`.
    Inherited {},
}

impl Package {
    fn license(self) -> Option<String> {
        match self.license? {
            License::Expression(expression) => Some(expression),
            License::Inherited {} => None,
        }
    }
}

#[derive(Deserialize)]
struct Workspace {
    package: Option<Package>,
}

/// The licenses of crates, as valid SPDX expressions.
pub(crate) struct Licenses {
    workspace: Option<String>,
}

impl Licenses {
    /// Reads the workspace's Cargo.toml: its license is that of all its crates.
    pub(crate) fn read(workspace: &Path) -> Result<Self, Error> {
        let manifest: Manifest = files::toml(workspace)?;
        Ok(Self {
            workspace: manifest.workspace.and_then(|it| it.package?.license()),
        })
    }

    pub(crate) fn of(&self, it: &Crate) -> Result<Option<String>, Error> {
        let license = match &it.manifest {
            Some(manifest) => files::toml::<Manifest>(manifest)?
                .package
                .and_then(Package::license),
            None if it.source == Source::Local => self.workspace.clone(),
            None => None,
        };
        Ok(license.as_deref().and_then(to_spdx))
    }
}
