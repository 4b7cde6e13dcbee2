//! What an image is made of, before it is put into one format or another.

use image_check::DebianPackage;
use link_tool::{Crate, Graph, Key};
use sha2::{Digest, Sha256};
use std::fmt::Write;

use crate::manifest::Licenses;
use crate::{purl, Error};

/// A part: a crate or a Debian package.
pub(crate) struct Part {
    pub(crate) purl: String,
    pub(crate) name: String,
    pub(crate) version: String,
    /// SHA-256 of the crate's archive, in hex.
    pub(crate) checksum: Option<String>,
    /// A valid SPDX expression.
    pub(crate) license: Option<String>,
    /// Package URLs.
    pub(crate) deps: Vec<String>,
}

/// A service's image and its parts.
pub(crate) struct Bom {
    /// The program itself.
    pub(crate) root: Part,
    /// The other crates, sorted by name and version.
    pub(crate) crates: Vec<Part>,
    /// The base's packages, sorted by name.
    pub(crate) packages: Vec<Part>,
}

impl Bom {
    pub(crate) fn new(
        graph: &Graph,
        licenses: &Licenses,
        packages: &[DebianPackage],
        distribution: Option<&str>,
    ) -> Result<Self, Error> {
        let part = |(key, it): (&Key, &Crate)| {
            Ok::<_, Error>(Part {
                purl: purl::of_crate(key),
                name: key.0.clone(),
                version: key.1.clone(),
                checksum: it.checksum.clone(),
                license: licenses.of(it)?,
                deps: it.deps.iter().map(purl::of_crate).collect(),
            })
        };
        let (own, others): (Vec<_>, Vec<_>) = graph.crates.iter().partition(|(key, _)| **key == graph.root);
        let root = own.into_iter().map(part).next();
        Ok(Self {
            root: root
                .ok_or_else(|| Error::Failed(format!("{} is not among its crates", graph.root.0)))??,
            crates: others.into_iter().map(part).collect::<Result<_, _>>()?,
            packages: packages
                .iter()
                .map(|package| Part {
                    purl: purl::of_package(package, distribution),
                    name: package.name.clone(),
                    version: package.version.clone(),
                    checksum: None,
                    // Debian's copyright files have texts, not SPDX expressions.
                    license: None,
                    deps: Vec::new(),
                })
                .collect(),
        })
    }

    /// The root, the crates, the packages.
    pub(crate) fn parts(&self) -> impl Iterator<Item = &Part> {
        std::iter::once(&self.root)
            .chain(&self.crates)
            .chain(&self.packages)
    }
}

/// SHA-256, in hex.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
}
