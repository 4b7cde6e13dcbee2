//! The listing of an image's files, in the format of mtree(5).
//!
//! A line is `./path keyword=value...`; keywords are those of mtree(5): `type`, `mode` (octal), `uid`, `gid`, `link`, and,
//! only where the listing at hand asks for it, `size` (bytes): what changes with every edit of the program would else
//! have to be updated with every edit.

use std::collections::BTreeSet;
use std::fmt::Write;

use crate::tree::{Entry, Kind, Tree};

const HEADER: &str = "#mtree\n";

/// The listing of the entries above the base's layers, sorted by path; `wanted` says which files' sizes are listed.
pub(super) fn listing(tree: &Tree<'_>, base_layers: usize, wanted: &str) -> String {
    let sized: BTreeSet<_> = wanted
        .lines()
        .filter(|line| line.split(' ').any(|word| word.starts_with("size=")))
        .filter_map(|line| line.split(' ').next())
        .collect();
    let mut text = HEADER.to_owned();
    for entry in tree.iter().filter(|entry| entry.origin >= base_layers) {
        let path = format!(".{}", escape(&entry.path));
        let size = sized.contains(path.as_str()).then(|| tree.content(entry).len());
        let _ = writeln!(text, "{path} {}", keywords(entry, size));
    }
    text
}

fn keywords(entry: &Entry, size: Option<usize>) -> String {
    let kind = match entry.kind {
        // mtree(5) has no hard links: they are files with a name more.
        Kind::File | Kind::Hardlink => "file",
        Kind::Dir => "dir",
        Kind::Symlink => "link",
        Kind::Device => "char",
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
