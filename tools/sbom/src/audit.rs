//! The crate list inside the program, in cargo-auditable's format: JSON, compressed by zlib, in section `.dep-v0`.

use std::collections::BTreeMap;
use std::io::Write;

use flate2::write::ZlibEncoder;
use flate2::Compression;
use serde_json::{json, Value};

use crate::files;
use crate::graph::{Graph, Key};

/// The section's content.
pub(crate) fn section(graph: &Graph) -> std::io::Result<Vec<u8>> {
    let mut zlib = ZlibEncoder::new(Vec::new(), Compression::best());
    zlib.write_all(json(graph).to_string().as_bytes())?;
    zlib.finish()
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
            let mut package = json!({"name": key.0, "version": key.1, "source": it.source.name()});
            let deps: Vec<_> = it.deps.iter().filter_map(|dep| index.get(dep)).collect();
            // What is empty or false is left out: it is what a reader takes it for then.
            if !deps.is_empty() {
                files::set(&mut package, "dependencies", json!(deps));
            }
            if *key == graph.root {
                files::set(&mut package, "root", json!(true));
            }
            package
        })
        .collect();
    json!({ "packages": packages })
}
