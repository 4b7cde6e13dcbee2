//! The crate list in cargo-auditable's format: zlib-compressed JSON, the content of section `.dep-v0`.

use std::collections::BTreeMap;
use std::io::Write;

use flate2::write::ZlibEncoder;
use flate2::Compression;
use serde_json::{json, Map, Value};

use crate::graph::{Graph, Key};
use crate::Error;

/// The content of the section.
pub(crate) fn section(graph: &Graph) -> Result<Vec<u8>, Error> {
    let mut zlib = ZlibEncoder::new(Vec::new(), Compression::best());
    let written = zlib.write_all(json(graph).to_string().as_bytes());
    written
        .and_then(|()| zlib.finish())
        .map_err(|source| Error::File {
            action: "compress",
            path: "the crate list".into(),
            source,
        })
}

fn json(graph: &Graph) -> Value {
    let index: BTreeMap<&Key, usize> = graph
        .crates
        .keys()
        .enumerate()
        .map(|(at, key)| (key, at))
        .collect();
    let packages: Vec<_> = graph
        .crates
        .iter()
        .map(|(key, it)| {
            let mut package = Map::new();
            package.insert("name".to_owned(), json!(key.0));
            package.insert("version".to_owned(), json!(key.1));
            package.insert("source".to_owned(), json!(it.source.name()));
            let deps: Vec<_> = it.deps.iter().filter_map(|dep| index.get(dep)).collect();
            // Readers default to no dependencies and to false.
            if !deps.is_empty() {
                package.insert("dependencies".to_owned(), json!(deps));
            }
            if *key == graph.root {
                package.insert("root".to_owned(), json!(true));
            }
            package
        })
        .collect();
    json!({ "packages": packages })
}
