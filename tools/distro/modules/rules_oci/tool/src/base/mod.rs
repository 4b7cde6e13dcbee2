//! Composes a base image's layer from Debian packages: the content of distroless/static, optionally with busybox.

mod accounts;
mod package;
mod tree;

use crate::error::{Problem, Result};
use crate::tarball::Attributes;
pub use package::Package;
pub use tree::{Node, Tree};

const APPLETS: &str = include_str!("applets.txt");
const DIRECTORY: Attributes = Attributes::root(0o755);
const NONROOT: u32 = 65532;

/// Directories of base-files that a container does not need.
const EXCLUDED_DIRECTORIES: [&str; 11] = [
    "etc/update-motd.d",
    "lib64",
    "usr/lib64",
    "usr/share/base-files",
    "usr/share/bug",
    "usr/share/common-licenses",
    "usr/share/dict",
    "usr/share/doc",
    "usr/share/info",
    "usr/share/lintian",
    "usr/share/man",
];

/// The kind of base image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Certificates, time zones and users for static binaries; no program.
    Static,
    /// `Static` with busybox in /bin.
    Busybox,
}

impl Kind {
    /// Parses a kind's name.
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "static" => Some(Self::Static),
            "busybox" => Some(Self::Busybox),
            _ => None,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Static => "static",
            Self::Busybox => "busybox",
        }
    }
}

/// Composes the files of a base.
pub fn compose(kind: Kind, packages: &[Package]) -> Result<Tree> {
    let find = |name: &'static str| {
        let found = packages.iter().find(|package| package.name == name);
        found.ok_or(Problem::MissingPackage {
            kind: kind.name(),
            package: name,
        })
    };
    let mut tree = Tree::default();
    add_skeleton(&mut tree, find("base-files")?)?;
    add_settings(&mut tree, find("netbase")?, "etc/services")?;
    add_settings(&mut tree, find("media-types")?, "etc/mime.types")?;
    add_zones(&mut tree, find("tzdata")?)?;
    add_certificates(&mut tree, find("ca-certificates")?)?;
    if kind == Kind::Busybox {
        add_busybox(&mut tree, find("busybox-static")?)?;
    }
    accounts::add(&mut tree, kind);
    tree.add(
        "home/nonroot",
        Node::Directory(Attributes {
            mode: 0o700,
            owner: NONROOT,
        }),
    );
    tree.add_parents();
    Ok(tree)
}

fn add_skeleton(tree: &mut Tree, package: &Package) -> Result<()> {
    for (path, node) in package.read()? {
        let is_setting = path.starts_with("etc/") || path.starts_with("usr/lib/");
        match node {
            _ if EXCLUDED_DIRECTORIES
                .iter()
                .any(|directory| is_within(&path, directory)) => {}
            Node::Directory(_) => tree.add(&path, node),
            _ if is_setting => tree.add(&path, node),
            _ => {}
        }
    }
    // Newer Debian releases link these to /usr. distroless has directories, so that a layer with files in /bin does
    // not replace a link.
    for path in ["bin", "lib", "sbin"] {
        tree.add(path, Node::Directory(DIRECTORY));
    }
    tree.require("usr/lib/os-release", package, "usr/lib/os-release")?;
    add_package_metadata(tree, package)
}

fn add_settings(tree: &mut Tree, package: &Package, required: &'static str) -> Result<()> {
    for (path, node) in package.read()? {
        if path.starts_with("etc/") {
            tree.add(&path, node);
        }
    }
    tree.require(required, package, required)?;
    add_package_metadata(tree, package)
}

fn add_zones(tree: &mut Tree, package: &Package) -> Result<()> {
    for (path, node) in package.read()? {
        if is_within(&path, "usr/share/zoneinfo") {
            tree.add(&path, node);
        }
    }
    tree.require("usr/share/zoneinfo/Etc/UTC", package, "time zones")?;
    add_package_metadata(tree, package)
}

/// Adds one bundle of the package's certificates, as update-ca-certificates does.
fn add_certificates(tree: &mut Tree, package: &Package) -> Result<()> {
    let mut bundle = vec![];
    for (path, node) in package.read()? {
        if let (true, Node::File { content, .. }) = (is_certificate(&path), node) {
            bundle.extend_from_slice(&content);
            if !content.ends_with(b"\n") {
                bundle.push(b'\n');
            }
        }
    }
    if bundle.is_empty() {
        return Err(package.incomplete("certificates in usr/share/ca-certificates"));
    }
    tree.add("etc/ssl/certs/ca-certificates.crt", Node::file(0o644, bundle));
    add_package_metadata(tree, package)
}

fn is_certificate(path: &str) -> bool {
    is_within(path, "usr/share/ca-certificates") && path.ends_with(".crt")
}

fn add_busybox(tree: &mut Tree, package: &Package) -> Result<()> {
    let mut files = package.read()?;
    let program = ["usr/bin/busybox", "bin/busybox"]
        .iter()
        .find_map(|path| files.remove(*path));
    let Some(program) = program else {
        return Err(package.incomplete("bin/busybox"));
    };
    tree.add("bin/busybox", program);
    for applet in APPLETS.lines() {
        tree.add(&format!("bin/{applet}"), Node::Symlink("busybox".into()));
    }
    tree.add("usr/bin/env", Node::Symlink("../../bin/env".into()));
    add_package_metadata(tree, package)
}

/// Adds the package's license and the record that scanners read.
fn add_package_metadata(tree: &mut Tree, package: &Package) -> Result<()> {
    let name = &package.name;
    let copyright = format!("usr/share/doc/{name}/copyright");
    let Some(license) = package.read()?.remove(&copyright) else {
        return Err(package.incomplete("copyright file"));
    };
    tree.add(&copyright, license);
    let record = Node::file(0o644, package.read_control()?);
    tree.add(&format!("var/lib/dpkg/status.d/{name}"), record);
    Ok(())
}

fn is_within(path: &str, directory: &str) -> bool {
    let rest = path.strip_prefix(directory);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests;
