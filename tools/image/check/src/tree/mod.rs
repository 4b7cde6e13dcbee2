//! The files of an image: its layers, unpacked as podman and docker do, merged as overlayfs does.

mod path;
mod unpack;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::image::Image;
use crate::tar::Kind;
use crate::Error;
use path::{join, normalize, remove_below, split};
use unpack::{unpack, Inode, Node, Unpacked, MAX_SYMLINKS};

/// A name of an inode. Hard links are entries with equal inodes.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// Absolute, without `.` and `..`.
    pub(crate) path: String,
    /// The layer of the inode; 0 is the lowest.
    pub(crate) layer: usize,
    pub(crate) inode: Inode,
    /// Index of the inode in its layer.
    index: usize,
}

impl Entry {
    /// Size of a file in bytes; 0 for other kinds.
    pub(crate) fn size(&self) -> u64 {
        self.inode.data.len() as u64
    }

    /// Identifies the inode within the image.
    pub(crate) fn inode_id(&self) -> (usize, usize) {
        (self.layer, self.index)
    }
}

pub(crate) struct Tree<'a> {
    image: &'a Image,
    nodes: BTreeMap<String, Entry>,
}

impl<'a> Tree<'a> {
    /// Unpacks and merges all layers.
    pub(crate) fn new(image: &'a Image) -> Result<Self, Error> {
        Self::of_lowest(image, image.layers.len())
    }

    /// Unpacks and merges the lowest `count` layers.
    pub(crate) fn of_lowest(image: &'a Image, count: usize) -> Result<Self, Error> {
        let mut tree = Self {
            image,
            nodes: BTreeMap::new(),
        };
        for (index, layer) in image.layers.iter().take(count).enumerate() {
            let unpacked = unpack(&layer.entries).map_err(|error| {
                Error::failed(format!(
                    "layer {}: {error}; rebuild the image",
                    layer.descriptor.digest
                ))
            })?;
            tree.merge(index, &unpacked);
        }
        Ok(tree)
    }

    /// Every entry, parents first.
    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = &Entry> {
        self.nodes.values()
    }

    /// The entries of `below` that this tree lacks, without the content of missing directories.
    pub(crate) fn missing<'b>(&'b self, below: &'b Self) -> impl Iterator<Item = &'b Entry> {
        let exists = |path: &str| path == "/" || self.nodes.contains_key(path);
        below
            .iter()
            .filter(move |entry| !exists(&entry.path) && exists(split(&entry.path).0))
    }

    /// Every file once, by the first of its names.
    pub(crate) fn files(&self) -> impl Iterator<Item = &Entry> {
        let mut seen = BTreeSet::new();
        self.iter()
            .filter(move |entry| entry.inode.kind == Kind::File && seen.insert(entry.inode_id()))
    }

    pub(crate) fn content(&self, entry: &Entry) -> &'a [u8] {
        self.image
            .layers
            .get(entry.layer)
            .and_then(|layer| layer.tar.get(entry.inode.data.clone()))
            .unwrap_or_default()
    }

    /// The file at `path`, symlinks followed.
    pub(crate) fn file(&self, path: &str) -> Option<&Entry> {
        let path = normalize(&self.resolve(path)).ok()?;
        self.nodes
            .get(&path)
            .filter(|entry| entry.inode.kind == Kind::File)
    }

    /// As [`file`](Self::file), but a missing file is an error that names `layout`.
    pub(crate) fn require(&self, layout: &Path, path: &str) -> Result<&Entry, Error> {
        self.file(path)
            .ok_or_else(|| Error::failed(format!("{}: no file {path} in the image", layout.display())))
    }

    /// Size of all files in bytes; hard links count once.
    pub(crate) fn size(&self) -> u64 {
        self.files().map(Entry::size).sum()
    }

    fn merge(&mut self, layer: usize, unpacked: &Unpacked) {
        for (path, node) in &unpacked.nodes {
            let index = match node {
                Node::Whiteout => {
                    self.nodes.remove(path);
                    remove_below(&mut self.nodes, path);
                    continue;
                }
                Node::Inode(index) => *index,
            };
            let Some(inode) = unpacked.inodes.get(index) else {
                continue;
            };
            let below = self
                .nodes
                .get(path)
                .map(|below| &below.inode)
                .filter(|below| below.kind == Kind::Dir);
            let unchanged = inode.implied && below.is_some_and(|below| inode.has_attributes_of(below));
            let merged = inode.kind == Kind::Dir && (below.is_some() || path == "/");
            if !merged || unpacked.opaque.contains(path) {
                remove_below(&mut self.nodes, path);
            }
            if unchanged {
                continue;
            }
            // An implied directory that changes the owner or mode of the one below is listed.
            let implied = inode.implied && !merged;
            let entry = Entry {
                path: path.clone(),
                layer,
                inode: Inode {
                    implied,
                    ..inode.clone()
                },
                index,
            };
            self.nodes.insert(path.clone(), entry);
        }
    }

    /// The path without symlinks; it never leaves the image.
    fn resolve(&self, path: &str) -> String {
        let mut rest: Vec<String> = path.rsplit('/').map(str::to_owned).collect();
        let mut at = "/".to_owned();
        let mut links = 0;
        while let Some(part) = rest.pop() {
            match part.as_str() {
                "" | "." => continue,
                ".." => {
                    at = split(&at).0.to_owned();
                    continue;
                }
                _ => {}
            }
            let next = join(&at, &part);
            match self.nodes.get(&next) {
                Some(entry) if entry.inode.kind == Kind::Symlink && links < MAX_SYMLINKS => {
                    links += 1;
                    if entry.inode.link.starts_with('/') {
                        "/".clone_into(&mut at);
                    }
                    rest.extend(entry.inode.link.rsplit('/').map(str::to_owned));
                }
                _ => at = next,
            }
        }
        at
    }
}

/// Reads a file of the image as text; invalid UTF-8 is replaced.
pub(crate) fn read_text(tree: &Tree<'_>, path: &str) -> Option<String> {
    Some(String::from_utf8_lossy(tree.content(tree.file(path)?)).into_owned())
}
