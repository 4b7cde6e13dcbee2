//! The Debian packages that an image says it holds.

use std::path::Path;

use crate::layout::Image;
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
    /// `Architecture`, as in `amd64`; `all` for what is the same everywhere.
    pub architecture: String,
}

/// What an image is made of, as far as it says so.
#[derive(Debug, Default)]
pub struct Debian {
    /// `ID-VERSION_ID` of `/etc/os-release`, or `ID` alone where it has no version; none without that file.
    pub distribution: Option<String>,
    /// Sorted by name.
    pub packages: Vec<DebianPackage>,
}

/// Reads `/var/lib/dpkg/status.d`, where images without dpkg keep a record for each package.
///
/// # Errors
/// If `layout` is no OCI layout of one image, or a record lacks a field.
pub fn debian(layout: &Path) -> Result<Debian, Error> {
    let image = Image::open(layout, None)?;
    let tree = Tree::new(&image)?;
    let mut packages = Vec::new();
    let records = tree.iter().filter(|entry| {
        entry.kind == Kind::File && entry.path.starts_with(RECORDS) && !entry.path.ends_with(".md5sums")
    });
    for entry in records {
        let text = read_text(&tree, &entry.path).unwrap_or_default();
        let value = |name: &str| {
            field(&text, name, ": ").ok_or_else(|| {
                let (layout, path) = (layout.display(), &entry.path);
                Error::failed(format!(
                    "{layout}: {path} has no field {name}; compose the base again"
                ))
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
    Ok(Debian {
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
