//! Documents of the OCI image specification, <https://github.com/opencontainers/image-spec>.
//!
//! Written by hand on `serde_json::Value`: every first build compiles this crate, and a derive macro would more than
//! double what it compiles.

mod descriptor;
mod digest;
mod index;
mod manifest;
pub mod media_type;
mod schema;

pub use descriptor::Descriptor;
pub use digest::Digest;
pub use index::ImageIndex;
pub use manifest::ImageManifest;
pub use schema::{Object, CONFIG, LAYOUT};

use schema::{check, Schema};
use serde_json::Value;

/// Reads a document that has the fields of a schema; fields that are not in it are kept.
pub fn parse(bytes: &[u8], schema: Schema) -> Result<Object, String> {
    let document = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    check(&document, schema)?;
    Ok(document)
}

/// The descriptors in a list that a schema has checked.
fn descriptors(list: &Value) -> Result<Vec<Descriptor>, String> {
    let entries = list.as_array().into_iter().flatten();
    entries.map(Descriptor::from_value).collect()
}
