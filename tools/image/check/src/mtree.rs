//! Listings of an image's files, in the format of mtree(5).
//!
//! A line is `./path keyword=value...`; keywords are those of mtree(5): `type`, `mode` (octal), `uid`, `gid`, `link`, and,
//! only where the listing at hand asks for it, `size` (bytes): what changes with every edit of the program would else
//! have to be updated with every edit.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use crate::blobs::sha256;
use crate::tar::Kind;
use crate::tree::{Entry, Tree};
use crate::xattr;

const HEADER: &str = "#mtree\n";

/// The listing of the entries above the base's layers, sorted by path; `wanted` says which files' sizes are listed.
pub(crate) fn listing(tree: &Tree<'_>, base_layers: usize, wanted: &str) -> String {
    let sized: BTreeSet<_> = wanted
        .lines()
        .filter(|line| line.split(' ').any(|word| word.starts_with("size=")))
        .filter_map(|line| line.split(' ').next())
        .collect();
    let mut text = HEADER.to_owned();
    // Directories that no layer has an entry for are always root's, of mode 0755.
    let listed = tree
        .iter()
        .filter(|entry| entry.layer >= base_layers && !entry.implied);
    for entry in listed {
        let path = name(entry);
        let size = sized.contains(path.as_str()).then(|| tree.content(entry).len());
        let _ = writeln!(text, "{path} {}", keywords(entry, size));
    }
    text
}

/// The listing of everything, with `sha256digest`, `device=MAJOR,MINOR`, `hardlink` (the file's first name) and
/// `xattr.NAME` (hexadecimal).
pub(crate) fn full_listing(tree: &Tree<'_>) -> String {
    let mut text = HEADER.to_owned();
    let mut first_names = BTreeMap::new();
    for entry in tree.iter() {
        let (path, content) = (name(entry), tree.content(entry));
        let _ = write!(text, "{path} {}", keywords(entry, Some(content.len())));
        match entry.kind {
            Kind::File => {
                let digest = sha256(content);
                let _ = write!(text, " sha256digest={}", digest.trim_start_matches("sha256:"));
            }
            Kind::CharDevice | Kind::BlockDevice => {
                let (major, minor) = entry.device;
                let _ = write!(text, " device={major},{minor}");
            }
            Kind::Dir | Kind::Symlink | Kind::Fifo => {}
        }
        let first = first_names.entry(entry.inode()).or_insert_with(|| path.clone());
        if *first != path {
            let _ = write!(text, " hardlink={first}");
        }
        for (name, value) in entry.xattrs.iter().filter(|(name, _)| xattr::is_unpacked(name)) {
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
    let kind = match entry.kind {
        Kind::File => "file",
        Kind::Dir => "dir",
        Kind::Symlink => "link",
        Kind::CharDevice => "char",
        Kind::BlockDevice => "block",
        Kind::Fifo => "fifo",
    };
    let mut text = format!(
        "type={kind} mode={:04o} uid={} gid={}",
        entry.mode, entry.uid, entry.gid
    );
    if entry.kind == Kind::Symlink {
        let _ = write!(text, " link={}", escape(&entry.link));
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
