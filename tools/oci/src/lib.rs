//! OCI image layouts: directories as described by `image-layout.md` of the OCI image specification 1.1.
//!
//! [`Layout`] reads and writes them. Every blob that is read is compared with its descriptor.

#![forbid(unsafe_code)]
#![allow(
    clippy::disallowed_methods,
    reason = "build tools use this crate, services do not: blocking file access is fine"
)]

mod blobs;
mod config;
mod digest;
mod error;
mod index;
mod layout;
mod manifest;

use serde::{Deserialize, Deserializer};

pub use config::{ImageConfig, RootFs, RunConfig};
pub use digest::{digest, sha256_hex};
pub use error::Error;
pub use index::{Descriptor, Index, Platform};
pub use layout::Layout;
pub use manifest::Manifest;

/// Media type of an image index.
pub const INDEX_MEDIA_TYPE: &str = "application/vnd.oci.image.index.v1+json";
/// Media type of a manifest.
pub const MANIFEST_MEDIA_TYPE: &str = "application/vnd.oci.image.manifest.v1+json";
/// Media type of the config of an artifact that has none: its content is `{}`.
pub const EMPTY_MEDIA_TYPE: &str = "application/vnd.oci.empty.v1+json";

/// Go programs write `null` for an empty list or map.
fn null_to_default<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(from: D) -> Result<T, D::Error> {
    Ok(Option::<T>::deserialize(from)?.unwrap_or_default())
}
