//! What is in a layer, and in all of them on top of each other.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io::{self, Read};
use std::ops::Range;
use std::path::Path;

use tar::{Archive, EntryType};

use crate::layout::Image;
use crate::Error;

/// The kinds of entry that an image can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    File,
    Dir,
    Symlink,
    Hardlink,
    Device,
    Fifo,
}

/// One entry of a layer.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// Absolute, without `.` and `..`.
    pub(crate) path: String,
    pub(crate) kind: Kind,
    pub(crate) mode: u32,
    pub(crate) uid: u64,
    pub(crate) gid: u64,
    pub(crate) size: u64,
    pub(crate) link: String,
    /// The file gives capabilities to a process that runs it.
    pub(crate) has_capabilities: bool,
    /// The layer that the entry itself stands in, from below.
    pub(crate) origin: usize,
    layer: usize,
    data: Range<usize>,
}

/// The entries of a layer, in the order in which the tar has them.
pub(crate) fn entries(image: &Image, layer: usize) -> Result<Vec<Entry>, Error> {
    let Some(it) = image.layers.get(layer) else {
        return Ok(Vec::new());
    };
    let digest = &it.descriptor.digest;
    let broken =
        |error: &dyn fmt::Display| Error::failed(format!("layer {digest}: {error}; rebuild the image"));
    let mut found = Vec::new();
    for entry in Archive::new(it.tar.as_slice())
        .entries()
        .map_err(|error| broken(&error))?
    {
        let mut entry = entry.map_err(|error| broken(&error))?;
        let has_capabilities = has_capabilities(&mut entry).map_err(|error| broken(&error))?;
        let header = entry.header();
        let kind = match header.entry_type() {
            EntryType::Regular | EntryType::Continuous => Kind::File,
            EntryType::Directory => Kind::Dir,
            EntryType::Symlink => Kind::Symlink,
            EntryType::Link => Kind::Hardlink,
            EntryType::Char | EntryType::Block => Kind::Device,
            EntryType::Fifo => Kind::Fifo,
            EntryType::XGlobalHeader => continue,
            other => return Err(broken(&format!("tar entry of type {other:?}"))),
        };
        let text = |bytes: &[u8]| {
            String::from_utf8(bytes.to_vec()).map_err(|_| {
                broken(&format!(
                    "the name {:?} is not UTF-8",
                    String::from_utf8_lossy(bytes)
                ))
            })
        };
        let path = normal(&text(&entry.path_bytes())?).map_err(|error| broken(&error))?;
        let link = text(&entry.link_name_bytes().unwrap_or_default())?;
        let link = if kind == Kind::Hardlink {
            normal(&link).map_err(|error| broken(&error))?
        } else {
            link
        };
        let start = usize::try_from(entry.raw_file_position()).map_err(|error| broken(&error))?;
        let size = if kind == Kind::File { entry.size() } else { 0 };
        let length = usize::try_from(size).map_err(|error| broken(&error))?;
        if it.tar.get(start..start.saturating_add(length)).is_none() {
            return Err(broken(&format!("{path}: the tar ends within it")));
        }
        found.push(Entry {
            path,
            kind,
            mode: header.mode().map_err(|error| broken(&error))? & 0o7777,
            uid: header.uid().map_err(|error| broken(&error))?,
            gid: header.gid().map_err(|error| broken(&error))?,
            size,
            link,
            has_capabilities,
            origin: layer,
            layer,
            data: start..start + length,
        });
    }
    Ok(found)
}

/// GNU tar and Docker alike keep extended attributes in pax records of this prefix.
fn has_capabilities<R: Read>(entry: &mut tar::Entry<'_, R>) -> io::Result<bool> {
    const RECORD: &str = "SCHILY.xattr.security.capability";
    let Some(records) = entry.pax_extensions()? else {
        return Ok(false);
    };
    for record in records {
        if record?.key_bytes() == RECORD.as_bytes() {
            return Ok(true);
        }
    }
    Ok(false)
}

fn normal(path: &str) -> Result<String, String> {
    let mut absolute = String::new();
    for part in path.split('/').filter(|part| !part.is_empty() && *part != ".") {
        if part == ".." {
            return Err(format!("{path:?} leads out of the image"));
        }
        absolute.push('/');
        absolute.push_str(part);
    }
    Ok(if absolute.is_empty() {
        "/".to_owned()
    } else {
        absolute
    })
}

/// All layers as the running container sees them.
pub(crate) struct Tree<'a> {
    image: &'a Image,
    nodes: BTreeMap<String, Entry>,
}

impl<'a> Tree<'a> {
    /// Lays the layers on top of each other, whiteouts applied.
    pub(crate) fn new(image: &'a Image) -> Result<Self, Error> {
        let mut tree = Self {
            image,
            nodes: BTreeMap::new(),
        };
        for layer in 0..image.layers.len() {
            let entries = entries(image, layer)?;
            // A whiteout hides what lies below its layer, wherever in the layer it stands.
            for entry in &entries {
                let (parent, name) = split(&entry.path);
                match name.strip_prefix(".wh.") {
                    Some(".wh..opq") => tree.remove_below(&tree.resolve(parent)),
                    Some(hidden) => tree.remove(&join(&tree.resolve(parent), hidden)),
                    None => {}
                }
            }
            for entry in entries {
                tree.add(entry);
            }
        }
        Ok(tree)
    }

    /// Every entry, parents first.
    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = &Entry> {
        self.nodes.values()
    }

    /// The bytes of a file or hard link.
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
        self.nodes
            .get(&path)
            .filter(|entry| matches!(entry.kind, Kind::File | Kind::Hardlink))
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
        let unique: BTreeSet<_> = self
            .iter()
            .filter(|entry| matches!(entry.kind, Kind::File | Kind::Hardlink))
            .map(|entry| (entry.layer, entry.data.start, entry.data.end))
            .collect();
        unique.iter().map(|(_, start, end)| (end - start) as u64).sum()
    }

    fn add(&mut self, mut entry: Entry) {
        let (parent, name) = split(&entry.path);
        if name.starts_with(".wh.") {
            return;
        }
        entry.path = join(&self.resolve(parent), name);
        if entry.kind == Kind::Hardlink {
            if let Some(target) = self.nodes.get(&entry.link) {
                (entry.layer, entry.data) = (target.layer, target.data.clone());
            }
        }
        if entry.kind != Kind::Dir {
            self.remove_below(&entry.path);
        }
        self.nodes.insert(entry.path.clone(), entry);
    }

    fn remove(&mut self, path: &str) {
        self.nodes.remove(path);
        self.remove_below(path);
    }

    fn remove_below(&mut self, path: &str) {
        let prefix = join(path, "");
        self.nodes
            .retain(|other, _| other == &prefix || !other.starts_with(&prefix));
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

fn split(path: &str) -> (&str, &str) {
    match path.rsplit_once('/') {
        Some(("", name)) => ("/", name),
        Some(both) => both,
        None => ("/", path),
    }
}

fn join(parent: &str, name: &str) -> String {
    format!("{}/{name}", parent.trim_end_matches('/'))
}

/// Reads a file of the image as text, as far as it is text.
pub(crate) fn read_text(tree: &Tree<'_>, path: &str) -> Option<String> {
    let mut text = String::new();
    tree.content(tree.file(path)?).read_to_string(&mut text).ok()?;
    Some(text)
}
