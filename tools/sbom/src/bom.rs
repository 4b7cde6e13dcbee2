//! The content of an SBOM, independent of its format.

use image_check::DebianPackage;
use link_tool::{Crate, Graph, Key};

use crate::{manifest, purl, Error};

/// A crate or a Debian package.
pub(crate) struct Component {
    pub(crate) purl: String,
    pub(crate) name: String,
    pub(crate) version: String,
    /// SHA-256 of the crate's archive, in hexadecimal.
    pub(crate) checksum: Option<String>,
    /// A valid SPDX expression.
    pub(crate) license: Option<String>,
    /// Package URLs of its dependencies.
    pub(crate) deps: Vec<String>,
}

/// The components of a service's image.
pub(crate) struct Bom {
    /// The program's own crate.
    pub(crate) root: Component,
    /// The other crates, sorted by name and version.
    pub(crate) crates: Vec<Component>,
    /// The base's packages, sorted by name.
    pub(crate) packages: Vec<Component>,
}

impl Bom {
    pub(crate) fn new(
        graph: &Graph,
        packages: &[DebianPackage],
        distribution: Option<&str>,
    ) -> Result<Self, Error> {
        let root = graph.crates.get(&graph.root).ok_or_else(|| {
            Error::Failed(format!(
                "the crates of {} do not include the program's own",
                graph.root.0
            ))
        })?;
        let component = |(key, it): (&Key, &Crate)| {
            Ok::<_, Error>(Component {
                purl: purl::of_crate(key),
                name: key.0.clone(),
                version: key.1.clone(),
                checksum: it.checksum.clone(),
                license: manifest::license(it, root)?,
                deps: it.deps.iter().map(purl::of_crate).collect(),
            })
        };
        let others = graph.crates.iter().filter(|(key, _)| **key != graph.root);
        Ok(Self {
            root: component((&graph.root, root))?,
            crates: others.map(component).collect::<Result<_, _>>()?,
            packages: packages
                .iter()
                .map(|package| Component {
                    purl: purl::of_package(package, distribution),
                    name: package.name.clone(),
                    version: package.version.clone(),
                    checksum: None,
                    // Debian's copyright files contain texts, not SPDX expressions.
                    license: None,
                    deps: Vec::new(),
                })
                .collect(),
        })
    }

    /// The root, the crates, the packages.
    pub(crate) fn components(&self) -> impl Iterator<Item = &Component> {
        std::iter::once(&self.root)
            .chain(&self.crates)
            .chain(&self.packages)
    }
}
