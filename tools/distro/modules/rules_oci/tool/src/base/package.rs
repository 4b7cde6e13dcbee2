//! Reads an unpacked Debian package.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufReader, Read};
use std::path::PathBuf;
use std::rc::Rc;

use tar::{Archive, Entry, EntryType};

use super::Node;
use crate::error::{Error, IoContext, Problem, Result};
use crate::tarball::Attributes;

/// An unpacked Debian package.
#[derive(Debug)]
pub struct Package {
    /// Its name.
    pub name: String,
    /// An uncompressed tar of its files.
    pub files: PathBuf,
    /// Its control file.
    pub control: PathBuf,
}

impl Package {
    /// A package without paths yet.
    pub fn named(name: String) -> Self {
        Self {
            name,
            files: PathBuf::new(),
            control: PathBuf::new(),
        }
    }

    /// Reads the files by path, without a leading `./`.
    pub fn read(&self) -> Result<BTreeMap<String, Node>> {
        let file = File::open(&self.files).context("opening", &self.files)?;
        let nodes = read_nodes(BufReader::new(file));
        nodes.context("reading the package's files", &self.files)
    }

    /// Reads the control text, with a final line feed.
    pub fn read_control(&self) -> Result<Vec<u8>> {
        let text = fs::read(&self.control).context("reading", &self.control)?;
        let text = text.trim_ascii();
        if !text.starts_with(format!("Package: {}\n", self.name).as_bytes()) {
            return Err(self.incomplete("control text of that name"));
        }
        Ok([text, b"\n"].concat())
    }

    /// The error of a package without an expected file.
    pub fn incomplete(&self, expected: &'static str) -> Error {
        let package = self.name.clone();
        Problem::IncompletePackage { package, expected }.at(&self.files)
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
        // Shares its target's content, by which `Tree::write` recognizes hard links.
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
