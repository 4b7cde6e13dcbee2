//! Listings of an image's files in mtree(5) format: `./path type=file mode=0555 uid=0 gid=0`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use oci_layout::sha256_hex;

use crate::tar::Kind;
use crate::tree::{Entry, Tree};
use crate::xattr;

const HEADER: &str = "#mtree\n";

/// The listing of the entries above the base's layers, sorted by path, then a comment for each entry of the base that is missing.
///
/// A file has a `size` only if it has one in `expected`: the size of a program changes with every edit.
pub(crate) fn listing(tree: &Tree<'_>, base: &Tree<'_>, base_layers: usize, expected: &str) -> String {
    let sized: BTreeSet<_> = expected
        .lines()
        .filter(|line| line.split(' ').any(|keyword| keyword.starts_with("size=")))
        .filter_map(|line| line.split(' ').next())
        .collect();
    let mut text = HEADER.to_owned();
    // Implied directories have a fixed owner and mode.
    let listed = tree
        .iter()
        .filter(|entry| entry.layer >= base_layers && !entry.inode.implied);
    for entry in listed {
        let path = name(entry);
        let size = sized.contains(path.as_str()).then(|| tree.content(entry).len());
        let _ = writeln!(text, "{path} {}", keywords(entry, size));
    }
    for entry in tree.missing(base) {
        let _ = writeln!(text, "# deleted: {}", name(entry));
    }
    text
}

/// The listing of all entries, with `sha256digest`, `device=MAJOR,MINOR`, `hardlink` (the file's first name) and
/// `xattr.NAME` (hexadecimal).
pub(crate) fn full_listing(tree: &Tree<'_>) -> String {
    let mut text = HEADER.to_owned();
    let mut first_names = BTreeMap::new();
    for entry in tree.iter() {
        let (path, content) = (name(entry), tree.content(entry));
        let _ = write!(text, "{path} {}", keywords(entry, Some(content.len())));
        match entry.inode.kind {
            Kind::File => {
                let _ = write!(text, " sha256digest={}", sha256_hex(content));
            }
            Kind::CharDevice | Kind::BlockDevice => {
                let (major, minor) = entry.inode.device;
                let _ = write!(text, " device={major},{minor}");
            }
            Kind::Dir | Kind::Symlink | Kind::Fifo => {}
        }
        let first = first_names
            .entry(entry.inode_id())
            .or_insert_with(|| path.clone());
        if *first != path {
            let _ = write!(text, " hardlink={first}");
        }
        for (name, value) in entry
            .inode
            .xattrs
            .iter()
            .filter(|(name, _)| xattr::is_unpacked(name))
        {
            let _ = write!(text, " xattr.{}=", escape(name));
            for byte in value {
                let _ = write!(text, "{byte:02x}");
            }
        }
        text.push('\n');
    }
    text
}

fn name(entry: &Entry) -> String {
    format!(".{}", escape(&entry.path))
}

fn keywords(entry: &Entry, size: Option<usize>) -> String {
    let inode = &entry.inode;
    let kind = match inode.kind {
        Kind::File => "file",
        Kind::Dir => "dir",
        Kind::Symlink => "link",
        Kind::CharDevice => "char",
        Kind::BlockDevice => "block",
        Kind::Fifo => "fifo",
    };
    let mut text = format!(
        "type={kind} mode={:04o} uid={} gid={}",
        inode.mode, inode.uid, inode.gid
    );
    if inode.kind == Kind::Symlink {
        let _ = write!(text, " link={}", escape(&inode.link));
    }
    if let (Some(size), "file") = (size, kind) {
        let _ = write!(text, " size={size}");
    }
    text
}

fn escape(path: &str) -> String {
    let plain = |c: char| !c.is_whitespace() && !c.is_control() && c != '\\' && c != '#';
    path.chars()
        .map(|c| {
            if plain(c) {
                c.to_string()
            } else {
                format!("\\{:03o}", u32::from(c))
            }
        })
        .collect()
}
