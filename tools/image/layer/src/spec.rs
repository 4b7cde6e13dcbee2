//! Layer specs: a JSON array of entries.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::Error;

#[derive(Debug)]
pub(crate) struct Entry {
    /// Relative to the root of the image.
    pub(crate) path: String,
    pub(crate) kind: Kind,
}

#[derive(Debug)]
pub(crate) enum Kind {
    File { attributes: Attributes, source: PathBuf },
    Directory { attributes: Attributes },
    Symlink { target: String },
}

/// Permissions and numeric owner.
#[derive(Debug)]
pub(crate) struct Attributes {
    pub(crate) mode: u32,
    pub(crate) uid: u32,
    pub(crate) gid: u32,
}

pub(crate) fn read(path: &Path) -> Result<Vec<Entry>, Error> {
    let text = fs::read_to_string(path).map_err(|source| Error::File {
        action: "read",
        path: path.to_owned(),
        source,
    })?;
    parse(&text).map_err(|problem| Error::Spec {
        path: path.to_owned(),
        problem,
    })
}

fn parse(text: &str) -> Result<Vec<Entry>, String> {
    let value: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let entries = value.as_array().ok_or("expected a JSON array")?;
    let entries: Vec<_> = entries.iter().map(entry).collect::<Result<_, _>>()?;
    let mut kinds = BTreeMap::new();
    for Entry { path, kind } in &entries {
        if kinds.insert(path.as_str(), kind).is_some() {
            return Err(format!("duplicate path {path:?}"));
        }
    }
    for Entry { path, .. } in &entries {
        let mut parents = Path::new(path).ancestors().skip(1).filter_map(Path::to_str);
        let is_directory = |parent: &str| matches!(kinds.get(parent), None | Some(Kind::Directory { .. }));
        if let Some(parent) = parents.find(|parent| !is_directory(parent)) {
            return Err(format!(
                "invalid path {path:?}: {parent:?} is not a directory in this layer"
            ));
        }
    }
    Ok(entries)
}

fn entry(value: &Value) -> Result<Entry, String> {
    let path = string(value, "path")?;
    if path.is_empty() || path.split('/').any(|part| matches!(part, "" | "." | "..")) {
        return Err(format!(
            "invalid path {path:?}: expected a relative path without \".\" and \"..\""
        ));
    }
    let kind = match string(value, "type")? {
        "file" => Kind::File {
            attributes: attributes(value)?,
            source: PathBuf::from(string(value, "source")?),
        },
        "directory" => Kind::Directory {
            attributes: attributes(value)?,
        },
        "symlink" => Kind::Symlink {
            target: string(value, "target")?.to_owned(),
        },
        other => {
            return Err(format!(
                "invalid type {other:?}: expected file, directory or symlink"
            ))
        }
    };
    Ok(Entry {
        path: path.to_owned(),
        kind,
    })
}

fn attributes(value: &Value) -> Result<Attributes, String> {
    let mode = string(value, "mode")?;
    let owner = string(value, "owner")?;
    let ids = owner
        .split_once('.')
        .and_then(|(uid, gid)| Some((uid.parse().ok()?, gid.parse().ok()?)));
    let (uid, gid) = ids.ok_or_else(|| {
        format!("invalid owner {owner:?}: expected UID.GID, two 32-bit numbers, as in \"65532.65532\"")
    })?;
    Ok(Attributes {
        mode: u32::from_str_radix(mode, 8)
            .ok()
            .filter(|mode| *mode <= 0o7777)
            .ok_or_else(|| format!("invalid mode {mode:?}: expected octal digits, as in \"0555\""))?,
        uid,
        gid,
    })
}

fn string<'a>(value: &'a Value, field: &str) -> Result<&'a str, String> {
    value
        .get(field)
        .and_then(Value::as_str)
        .ok_or_else(|| format!("missing string {field:?} in {value}"))
}
