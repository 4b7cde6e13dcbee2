//! Unpacks one layer into an empty directory, as podman and docker do for overlayfs.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::path::{join, normalize, remove_below, split};
use crate::tar::{EntryType, Kind, TarEntry};
use crate::xattr;

const WHITEOUT: &str = ".wh.";
const OPAQUE: &str = ".wh..wh..opq";
/// Linux's limit.
pub(super) const MAX_SYMLINKS: usize = 40;

/// A file, directory or other node, which has one or more names.
#[derive(Clone, Debug)]
pub(crate) struct Inode {
    pub(crate) kind: Kind,
    pub(crate) mode: u32,
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    /// Target of a symlink.
    pub(crate) link: String,
    /// Major and minor number of a device.
    pub(crate) device: (u32, u32),
    pub(crate) xattrs: BTreeMap<String, Vec<u8>>,
    /// Position of a file's content in the tar.
    pub(super) data: Range<usize>,
    /// A directory without an entry, which engines create as the parent of another entry.
    pub(crate) implied: bool,
}

impl Inode {
    pub(super) fn has_attributes_of(&self, other: &Self) -> bool {
        (self.mode, self.uid, self.gid, &self.xattrs) == (other.mode, other.uid, other.gid, &other.xattrs)
    }
}

/// The node at a path of a layer.
#[derive(Clone, Copy, Debug)]
pub(super) enum Node {
    /// Hides the path in the layers below.
    Whiteout,
    /// An index of [`Unpacked::inodes`].
    Inode(usize),
}

/// An unpacked layer, parents first.
#[derive(Default)]
pub(super) struct Unpacked {
    pub(super) nodes: BTreeMap<String, Node>,
    pub(super) inodes: Vec<Inode>,
    /// Directories that hide their content in the layers below.
    pub(super) opaque: BTreeSet<String>,
}

/// Unpacks the entries in order; rejects the layers that podman and docker reject.
pub(super) fn unpack(entries: &[TarEntry]) -> Result<Unpacked, String> {
    let mut unpacked = Unpacked::default();
    let (mut seen, mut directories) = (BTreeSet::new(), Vec::new());
    for entry in entries {
        let in_entry = |error: String| format!("{:?}: {error}", entry.name);
        let path = normalize(&entry.name).map_err(in_entry)?;
        // Engines compare names, not paths: "a" and "/a" are not duplicates.
        if !seen.insert((entry.name.starts_with('/'), path.clone())) {
            return Err(in_entry(
                "podman and docker reject two entries with one name in a layer".to_owned(),
            ));
        }
        unpacked.add(entry, &path).map_err(in_entry)?;
        if entry.entry_type == EntryType::Inode(Kind::Dir) {
            directories.push((entry, path));
        }
    }
    // Engines set the times of directories last.
    for (entry, path) in directories {
        if !unpacked.exists(&path) {
            return Err(format!("{:?}: a later entry replaces this directory", entry.name));
        }
    }
    Ok(unpacked)
}

impl Unpacked {
    fn add(&mut self, entry: &TarEntry, path: &str) -> Result<(), String> {
        let (named_parent, name) = split(path);
        if named_parent.split('/').any(|part| part.starts_with(WHITEOUT)) {
            return Err("a whiteout is not a directory".to_owned());
        }
        let parent = self.parent(named_parent)?;
        if name == OPAQUE {
            // overlayfs ignores an opaque root directory.
            if parent != "/" {
                self.opaque.insert(parent);
            }
            return Ok(());
        }
        if let Some(hidden) = name.strip_prefix(WHITEOUT) {
            return self.add_whiteout(&parent, hidden);
        }
        if name.is_empty() && entry.entry_type != EntryType::Inode(Kind::Dir) {
            return Err("the root of an image must be a directory".to_owned());
        }
        let path = if name.is_empty() {
            parent
        } else {
            join(&parent, name)
        };
        reject_overlay(entry)?;
        let is_directory = |inode: &Inode| inode.kind == Kind::Dir;
        if entry.entry_type != EntryType::Inode(Kind::Dir) || !self.inode(&path).is_some_and(is_directory) {
            self.remove(&path);
            if self.walk(named_parent, false)?.is_none() {
                return Err(format!("it replaces the symbolic link {path:?} on its own path"));
            }
        }
        match entry.entry_type {
            EntryType::Hardlink => self.link(entry, &path),
            EntryType::Inode(kind) => {
                self.add_inode(entry, kind, &path);
                Ok(())
            }
        }
    }

    fn add_whiteout(&mut self, parent: &str, name: &str) -> Result<(), String> {
        let path = join(parent, name);
        if matches!(name, "" | "." | "..") || self.nodes.contains_key(&path) {
            return Err(format!("a whiteout of {path:?}, which the layer itself contains"));
        }
        self.nodes.insert(path, Node::Whiteout);
        Ok(())
    }

    fn add_inode(&mut self, entry: &TarEntry, kind: Kind, path: &str) {
        let new = Inode {
            kind,
            mode: if kind == Kind::Symlink { 0o777 } else { entry.mode },
            uid: entry.uid,
            gid: entry.gid,
            link: entry.link.clone(),
            device: entry.device,
            xattrs: entry.xattrs.clone(),
            data: entry.data.clone(),
            implied: false,
        };
        match self.inode_mut(path) {
            // An existing directory keeps its extended attributes.
            Some(old) => {
                let mut xattrs = std::mem::take(&mut old.xattrs);
                xattrs.extend(new.xattrs.clone());
                *old = Inode { xattrs, ..new };
            }
            None => self.insert(path, new),
        }
    }

    /// Adds a name to an inode; the entry's mode, owner and attributes replace the inode's.
    fn link(&mut self, entry: &TarEntry, path: &str) -> Result<(), String> {
        let target = normalize(&entry.link)?;
        let found = self.find(&target)?;
        let inode = found.and_then(|index| self.inodes.get_mut(index).map(|inode| (index, inode)));
        let Some((index, inode)) = inode.filter(|(_, inode)| inode.kind != Kind::Dir) else {
            return Err(format!(
                "a hard link to {:?}, which is not an earlier file of the layer",
                entry.link
            ));
        };
        if inode.kind != Kind::Symlink {
            inode.mode = entry.mode;
        }
        (inode.uid, inode.gid) = (entry.uid, entry.gid);
        inode.xattrs.extend(entry.xattrs.clone());
        self.nodes.insert(path.to_owned(), Node::Inode(index));
        Ok(())
    }

    fn insert(&mut self, path: &str, inode: Inode) {
        self.nodes.insert(path.to_owned(), Node::Inode(self.inodes.len()));
        self.inodes.push(inode);
    }

    fn remove(&mut self, path: &str) {
        if self.nodes.remove(path).is_some() {
            remove_below(&mut self.nodes, path);
            self.opaque
                .retain(|other| other != path && !other.starts_with(&join(path, "")));
        }
    }

    fn inode(&self, path: &str) -> Option<&Inode> {
        match self.nodes.get(path)? {
            Node::Whiteout => None,
            Node::Inode(index) => self.inodes.get(*index),
        }
    }

    fn inode_mut(&mut self, path: &str) -> Option<&mut Inode> {
        match self.nodes.get(path)? {
            Node::Whiteout => None,
            Node::Inode(index) => self.inodes.get_mut(*index),
        }
    }

    /// The inode at a path; a symlink at the end is not followed.
    fn find(&mut self, path: &str) -> Result<Option<usize>, String> {
        let (parent, name) = split(path);
        let Some(parent) = self.walk(parent, false)? else {
            return Ok(None);
        };
        Ok(match self.nodes.get(&join(&parent, name)) {
            Some(Node::Inode(index)) => Some(*index),
            _ => None,
        })
    }

    fn exists(&mut self, path: &str) -> bool {
        if matches!(self.walk(path, false), Ok(Some(_))) {
            return true;
        }
        let found = self.find(path).ok().flatten();
        let inode = found.and_then(|index| self.inodes.get(index));
        inode.is_some_and(|inode| !matches!(inode.kind, Kind::Dir | Kind::Symlink))
    }

    /// The resolved parent directory of an entry; missing directories are created.
    fn parent(&mut self, path: &str) -> Result<String, String> {
        let found = self.walk(path, true)?;
        found.ok_or_else(|| format!("{path:?} does not exist"))
    }

    /// Resolves a path to a directory; follows the symlinks of this layer, not those of lower ones.
    fn walk(&mut self, path: &str, create: bool) -> Result<Option<String>, String> {
        let mut rest: Vec<(String, bool)> = path.rsplit('/').map(|part| (part.to_owned(), create)).collect();
        let mut at = "/".to_owned();
        let mut symlinks = 0;
        while let Some((part, create)) = rest.pop() {
            match part.as_str() {
                "" | "." => continue,
                ".." => {
                    at = split(&at).0.to_owned();
                    continue;
                }
                _ => {}
            }
            let next = join(&at, &part);
            match self.inode(&next) {
                Some(inode) if inode.kind == Kind::Symlink => {
                    symlinks += 1;
                    if symlinks > MAX_SYMLINKS {
                        return Err(format!("too many levels of symbolic links at {next:?}"));
                    }
                    if inode.link.starts_with('/') {
                        "/".clone_into(&mut at);
                    }
                    // The target of a symlink is not created.
                    rest.extend(inode.link.rsplit('/').map(|part| (part.to_owned(), false)));
                }
                Some(inode) if inode.kind == Kind::Dir => at = next,
                None if create && !self.nodes.contains_key(&next) => {
                    let parent_mode = self.inode(&at).map_or(0, |parent| parent.mode);
                    self.insert(&next, implied(parent_mode));
                    at = next;
                }
                None if !self.nodes.contains_key(&next) => return Ok(None),
                _ => return Err(format!("{next:?} is not a directory in this layer")),
            }
        }
        Ok(Some(at))
    }
}

/// Rejects entries that overlayfs interprets: they would change files of lower layers.
fn reject_overlay(entry: &TarEntry) -> Result<(), String> {
    if let Some(name) = entry.xattrs.keys().find(|name| xattr::is_overlay(name)) {
        return Err(format!("extended attribute {name:?}, which overlayfs interprets"));
    }
    if entry.entry_type == EntryType::Inode(Kind::CharDevice) && entry.device == (0, 0) {
        return Err("character device 0,0, which overlayfs interprets as a whiteout".to_owned());
    }
    Ok(())
}

/// A directory without an entry; it inherits setgid.
fn implied(parent_mode: u32) -> Inode {
    Inode {
        kind: Kind::Dir,
        mode: 0o755 | (parent_mode & 0o2000),
        uid: 0,
        gid: 0,
        link: String::new(),
        device: (0, 0),
        xattrs: BTreeMap::new(),
        data: 0..0,
        implied: true,
    }
}
