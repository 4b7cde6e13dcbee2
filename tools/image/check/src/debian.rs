//! The Debian packages of an image without dpkg.

use std::path::Path;

use crate::image::Image;
use crate::tar::Kind;
use crate::tree::{read_text, Tree};
use crate::Error;

const RECORDS: &str = "/var/lib/dpkg/status.d/";

/// A package, by the fields of its control record.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DebianPackage {
    /// `Package`.
    pub name: String,
    /// `Version`.
    pub version: String,
    /// `Architecture`, as in `amd64`; `all` if the package is the same for every architecture.
    pub architecture: String,
}

/// The packages of an image.
#[derive(Debug, Default)]
pub struct DebianPackages {
    /// `ID-VERSION_ID` of `/etc/os-release`, or `ID` if it has no version; none without that file.
    pub distribution: Option<String>,
    /// Sorted by name.
    pub packages: Vec<DebianPackage>,
}

/// Reads the control records in `/var/lib/dpkg/status.d` of the only image of `layout`.
///
/// # Errors
/// If `layout` is not an OCI layout of one image, or a record lacks a field.
pub fn read_debian_packages(layout: &Path) -> Result<DebianPackages, Error> {
    let image = Image::open(layout, None)?;
    let tree = Tree::new(&image)?;
    let mut packages = Vec::new();
    let records = tree.iter().filter(|entry| {
        entry.inode.kind == Kind::File && entry.path.starts_with(RECORDS) && !entry.path.ends_with(".md5sums")
    });
    for entry in records {
        let text = read_text(&tree, &entry.path).unwrap_or_default();
        let value = |name: &str| {
            field(&text, name, ": ").ok_or_else(|| {
                let (layout, path) = (layout.display(), &entry.path);
                Error::failed(format!("{layout}: {path} has no field {name}; rebuild the base"))
            })
        };
        packages.push(DebianPackage {
            name: value("Package")?,
            version: value("Version")?,
            architecture: value("Architecture")?,
        });
    }
    packages.sort();
    let release = read_text(&tree, "/etc/os-release").unwrap_or_default();
    let id = field(&release, "ID", "=");
    let version = field(&release, "VERSION_ID", "=");
    Ok(DebianPackages {
        distribution: id.map(|id| version.map_or_else(|| id.clone(), |version| format!("{id}-{version}"))),
        packages,
    })
}

fn field(text: &str, name: &str, separator: &str) -> Option<String> {
    let value = text
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(separator))?;
    Some(value.trim_matches('"').to_owned())
}
