//! Licenses in Cargo.toml files.

use link_tool::{Crate, Source};
use serde::Deserialize;

use crate::licenses::to_spdx;
use crate::{files, Error};

#[derive(Deserialize)]
struct Manifest {
    package: Option<Package>,
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

/// The license of a crate, a valid SPDX expression. A crate without a Cargo package has the license of the program's package.
pub(crate) fn license(it: &Crate, root: &Crate) -> Result<Option<String>, Error> {
    let license = match &it.manifest {
        Some(manifest) => files::toml::<Manifest>(manifest)?
            .package
            .and_then(Package::license),
        None if it.source == Source::Local => it.license.clone().or_else(|| root.license.clone()),
        None => None,
    };
    Ok(license.as_deref().and_then(to_spdx))
}
