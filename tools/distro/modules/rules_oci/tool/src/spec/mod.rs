//! Documents of the OCI image specification, <https://github.com/opencontainers/image-spec>.
//!
//! Hand-written on `serde_json::Value`, because every first build compiles this crate and derive macros would more than
//! double its dependencies.

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
pub use schema::{check, Object, CONFIG, LAYOUT, PLATFORM};

use schema::Schema;
use serde_json::Value;

/// Parses a document and checks it against a schema. Other fields are kept.
pub fn parse(bytes: &[u8], schema: Schema) -> Result<Object, String> {
    let document = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    check(&document, schema)?;
    Ok(document)
}

fn descriptors(list: &Value) -> Result<Vec<Descriptor>, String> {
    let entries = list.as_array().into_iter().flatten();
    entries.map(Descriptor::from_value).collect()
}
