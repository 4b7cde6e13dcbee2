//! The files of an image: its layers on top of each other, as podman and docker unpack them and overlayfs shows them.

mod path;
mod unpack;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::Path;

use crate::layout::Image;
use crate::tar::Kind;
use crate::Error;
use path::{join, normal, remove_below, split};
use unpack::{unpack, Inode, Node, Unpacked};

/// A name of a file, with what all names of the file share.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// Absolute, without `.` and `..`.
    pub(crate) path: String,
    pub(crate) kind: Kind,
    pub(crate) mode: u32,
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    pub(crate) link: String,
    /// Major and minor number of a device.
    pub(crate) device: (u32, u32),
    pub(crate) xattrs: BTreeMap<String, Vec<u8>>,
    /// No entry of a layer: a directory that the engine made for the entries in it.
    pub(crate) implied: bool,
    /// The layer that the entry stands in, from below.
    pub(crate) layer: usize,
    /// Equal for all names of a file, within its layer.
    inode: usize,
    data: Range<usize>,
}

impl Entry {
    fn new(path: &str, layer: usize, index: usize, inode: &Inode) -> Self {
        Self {
            path: path.to_owned(),
            kind: inode.kind,
            mode: inode.mode,
            uid: inode.uid,
            gid: inode.gid,
            link: inode.link.clone(),
            device: inode.device,
            xattrs: inode.xattrs.clone(),
            implied: inode.implied,
            layer,
            inode: index,
            data: inode.data.clone(),
        }
    }

    /// The bytes of a file; none of anything else.
    pub(crate) fn size(&self) -> u64 {
        self.data.len() as u64
    }

    /// The same for all names of a file, and for no other.
    pub(crate) fn inode(&self) -> (usize, usize) {
        (self.layer, self.inode)
    }

    fn has_attributes_of(&self, other: &Self) -> bool {
        (self.mode, self.uid, self.gid, &self.xattrs) == (other.mode, other.uid, other.gid, &other.xattrs)
    }
}

/// All layers as the running container sees them.
pub(crate) struct Tree<'a> {
    image: &'a Image,
    nodes: BTreeMap<String, Entry>,
}

impl<'a> Tree<'a> {
    /// Lays the layers on top of each other.
    pub(crate) fn new(image: &'a Image) -> Result<Self, Error> {
        let mut tree = Self {
            image,
            nodes: BTreeMap::new(),
        };
        for (index, layer) in image.layers.iter().enumerate() {
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

    /// Every file once, under the first of its names.
    pub(crate) fn files(&self) -> impl Iterator<Item = &Entry> {
        let mut seen = BTreeSet::new();
        self.iter()
            .filter(move |entry| entry.kind == Kind::File && seen.insert(entry.inode()))
    }

    /// The bytes of a file.
    pub(crate) fn content(&self, entry: &Entry) -> &'a [u8] {
        self.image
            .layers
            .get(entry.layer)
            .and_then(|layer| layer.tar.get(entry.data.clone()))
            .unwrap_or_default()
    }

    /// The file at `path`, symlinks followed.
    pub(crate) fn file(&self, path: &str) -> Option<&Entry> {
        let path = normal(&self.resolve(path)).ok()?;
        self.nodes.get(&path).filter(|entry| entry.kind == Kind::File)
    }

    /// The same, for a file that the image in `layout` must have.
    pub(crate) fn require(&self, layout: &Path, path: &str) -> Result<&Entry, Error> {
        self.file(path).ok_or_else(|| {
            Error::failed(format!(
                "{}: no file {path} in it; name one that it has",
                layout.display()
            ))
        })
    }

    /// The sum of all files, each counted once however many names it has.
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
            let entry = Entry::new(path, layer, index, inode);
            let below = self.nodes.get(path).filter(|below| below.kind == Kind::Dir);
            let unchanged = entry.implied && below.is_some_and(|below| entry.has_attributes_of(below));
            let merged = entry.kind == Kind::Dir && (below.is_some() || path == "/");
            if !merged || unpacked.opaque.contains(path) {
                remove_below(&mut self.nodes, path);
            }
            if unchanged {
                continue;
            }
            // An implied directory with another owner or mode than the one below is a change to show.
            let implied = entry.implied && !merged;
            self.nodes.insert(path.clone(), Entry { implied, ..entry });
        }
    }

    /// Where a path leads once the symlinks on its way are followed, never out of the image.
    fn resolve(&self, path: &str) -> String {
        let mut left: Vec<String> = path.rsplit('/').map(str::to_owned).collect();
        let mut at = "/".to_owned();
        let mut links = 0;
        while let Some(part) = left.pop() {
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
                Some(entry) if entry.kind == Kind::Symlink && links < 40 => {
                    links += 1;
                    if entry.link.starts_with('/') {
                        "/".clone_into(&mut at);
                    }
                    left.extend(entry.link.rsplit('/').map(str::to_owned));
                }
                _ => at = next,
            }
        }
        at
    }
}

/// Reads a file of the image as text, whatever of it is not UTF-8 replaced.
pub(crate) fn read_text(tree: &Tree<'_>, path: &str) -> Option<String> {
    Some(String::from_utf8_lossy(tree.content(tree.file(path)?)).into_owned())
}
