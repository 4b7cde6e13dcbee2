//! A tree of files, written as a layer that is the same bytes each time.

use std::collections::{BTreeMap, HashMap};
use std::io::{self, Write};
use std::rc::Rc;

use flate2::{Compression, GzBuilder};

use super::{Package, DIRECTORY};
use crate::error::Result;
use crate::tarball::{Attributes, Writer};

/// gzip's number for a system that is not told.
const UNKNOWN_SYSTEM: u8 = 255;

/// Something at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Node {
    /// A directory.
    Directory(Attributes),
    /// A file. Files that share the content are links to each other.
    File {
        /// Owner and mode.
        attributes: Attributes,
        /// The bytes.
        content: Rc<[u8]>,
    },
    /// A symbolic link.
    Symlink(String),
}

impl Node {
    /// A file of root's.
    pub fn file(mode: u32, content: impl AsRef<[u8]>) -> Self {
        Self::File {
            attributes: Attributes::root(mode),
            content: Rc::from(content.as_ref()),
        }
    }
}

/// Nodes by their path, which has no leading slash.
#[derive(Debug, Default)]
pub struct Tree(BTreeMap<String, Node>);

impl Tree {
    /// Puts a node at a path, in place of what was there.
    pub fn add(&mut self, path: &str, node: Node) {
        self.0.insert(path.to_owned(), node);
    }

    /// The node at a path.
    pub fn get(&self, path: &str) -> Option<&Node> {
        self.0.get(path)
    }

    /// The paths, sorted.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Fails if a path that a package should have brought is not there.
    pub fn expect(&self, path: &str, package: &Package, wanted: &'static str) -> Result<()> {
        match self.0.contains_key(path) {
            true => Ok(()),
            false => Err(package.lacks(wanted)),
        }
    }

    /// Adds the directories that paths lie in and that are not there yet.
    pub fn add_parents(&mut self) {
        let paths: Vec<String> = self.0.keys().cloned().collect();
        for path in &paths {
            for (slash, _) in path.match_indices('/') {
                let parent = path[..slash].to_owned();
                self.0.entry(parent).or_insert(Node::Directory(DIRECTORY));
            }
        }
    }

    /// Writes the tree as a tar.gz.
    pub fn write_gzip(&self, output: impl Write) -> io::Result<()> {
        let gzip = GzBuilder::new()
            .mtime(0)
            .operating_system(UNKNOWN_SYSTEM)
            .write(output, Compression::best());
        self.write(gzip)?.finish()?.flush()
    }

    fn write<W: Write>(&self, output: W) -> io::Result<W> {
        let mut tar = Writer::new(output);
        let mut written = HashMap::new();
        for (path, node) in &self.0 {
            match node {
                Node::Directory(attributes) => tar.directory(path, *attributes)?,
                Node::Symlink(target) => tar.symlink(path, target)?,
                Node::File { attributes, content } => match written.insert(Rc::as_ptr(content), path) {
                    Some(first) => tar.hard_link(path, *attributes, first)?,
                    None => {
                        let size = content.len() as u64;
                        tar.file(path, *attributes, size, &content[..])?;
                    }
                },
            }
        }
        tar.finish()
    }
}
