//! Reads a Debian package, as its files in a plain tar and its control text.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufReader, Read};
use std::path::PathBuf;
use std::rc::Rc;

use tar::{Archive, Entry, EntryType};

use super::Node;
use crate::error::{Error, IoContext, Problem, Result};
use crate::tarball::Attributes;

/// A Debian package that was taken apart.
#[derive(Debug)]
pub struct Package {
    /// Its name.
    pub name: String,
    /// A tar of its files, uncompressed.
    pub files: PathBuf,
    /// Its control fields.
    pub control: PathBuf,
}

impl Package {
    /// A package of which only the name is known.
    pub fn named(name: String) -> Self {
        Self {
            name,
            files: PathBuf::new(),
            control: PathBuf::new(),
        }
    }

    /// All it holds, by path without the leading dot, in the order of the paths.
    pub fn read(&self) -> Result<BTreeMap<String, Node>> {
        let file = File::open(&self.files).doing("opening", &self.files)?;
        let nodes = read_nodes(BufReader::new(file));
        nodes.doing("reading the package's files", &self.files)
    }

    /// The control text, ended by a newline.
    pub fn read_control(&self) -> Result<Vec<u8>> {
        let text = fs::read(&self.control).doing("reading", &self.control)?;
        let text = text.trim_ascii();
        if !text.starts_with(format!("Package: {}\n", self.name).as_bytes()) {
            return Err(self.lacks("control text of that name"));
        }
        Ok([text, b"\n"].concat())
    }

    /// The error of a package that has not what it should have.
    pub fn lacks(&self, wanted: &'static str) -> Error {
        let package = self.name.clone();
        Problem::Package { package, wanted }.at(&self.files)
    }
}

fn read_nodes(reader: impl Read) -> io::Result<BTreeMap<String, Node>> {
    let mut nodes = BTreeMap::new();
    for entry in Archive::new(reader).entries()? {
        let mut entry = entry?;
        let path = normalize(&entry.path_bytes())?;
        let node = read_node(&mut entry, &nodes)?;
        if let (Some(node), false) = (node, path.is_empty()) {
            nodes.insert(path, node);
        }
    }
    Ok(nodes)
}

fn read_node<R: Read>(entry: &mut Entry<'_, R>, seen: &BTreeMap<String, Node>) -> io::Result<Option<Node>> {
    let attributes = Attributes::root(entry.header().mode()? & 0o7777);
    let target = entry.link_name_bytes().unwrap_or_default().into_owned();
    Ok(match entry.header().entry_type() {
        EntryType::Directory => Some(Node::Directory(attributes)),
        EntryType::Symlink => Some(Node::Symlink(text(&target)?)),
        // A hard link shares its target's content; the tree's writer finds out by that.
        EntryType::Link => seen.get(&normalize(&target)?).cloned(),
        EntryType::Regular => {
            let mut content = vec![];
            entry.read_to_end(&mut content)?;
            let content = Rc::from(content);
            Some(Node::File { attributes, content })
        }
        _ => None,
    })
}

fn normalize(path: &[u8]) -> io::Result<String> {
    let path = text(path)?;
    let path = path.strip_prefix("./").unwrap_or(&path);
    Ok(path.trim_matches('/').to_owned())
}

fn text(bytes: &[u8]) -> io::Result<String> {
    String::from_utf8(bytes.to_vec()).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
}
