//! A tree of files, written as a reproducible layer.

use std::collections::{BTreeMap, HashMap};
use std::io::{self, Write};
use std::rc::Rc;

use flate2::{Compression, GzBuilder};

use super::{Package, DIRECTORY};
use crate::error::Result;
use crate::tarball::{Attributes, Writer};

/// gzip's number of an unknown operating system (RFC 1952, section 2.3.1).
const UNKNOWN_SYSTEM: u8 = 255;

/// A file, directory or symbolic link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Node {
    /// A directory.
    Directory(Attributes),
    /// A regular file. Files with shared content are hard links.
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
    /// A file owned by root.
    pub fn file(mode: u32, content: impl AsRef<[u8]>) -> Self {
        Self::File {
            attributes: Attributes::root(mode),
            content: Rc::from(content.as_ref()),
        }
    }
}

/// Nodes by path without a leading slash.
#[derive(Debug, Default)]
pub struct Tree(BTreeMap<String, Node>);

impl Tree {
    /// Adds or replaces the node at a path.
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

    /// Fails if a path does not exist.
    pub fn require(&self, path: &str, package: &Package, expected: &'static str) -> Result<()> {
        match self.0.contains_key(path) {
            true => Ok(()),
            false => Err(package.incomplete(expected)),
        }
    }

    /// Adds missing parent directories.
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
