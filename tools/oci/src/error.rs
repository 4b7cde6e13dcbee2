use std::io;
use std::path::PathBuf;

/// Why a layout cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file cannot be read.
    #[error("cannot read {path}: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// A file cannot be written.
    #[error("cannot write {path}: {source}")]
    Write {
        /// The file or directory.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// A JSON document does not have the expected fields.
    #[error("{document}: invalid document: {source}")]
    Document {
        /// The document's path or digest.
        document: String,
        /// The parser's error.
        source: serde_json::Error,
    },
    /// A digest has another algorithm or form.
    #[error("{layout}: invalid digest {digest:?}: expected sha256:<64 lowercase hexadecimal digits>")]
    Digest {
        /// The layout's directory.
        layout: PathBuf,
        /// The digest.
        digest: String,
    },
    /// A blob that a descriptor refers to cannot be read.
    #[error("blob {digest}: cannot read {path}: {source}; rebuild the image")]
    MissingBlob {
        /// The descriptor's digest.
        digest: String,
        /// The blob's file.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// A blob does not have its descriptor's size.
    #[error("blob {digest}: {path} has {found} bytes: expected {expected}, the size in its descriptor; rebuild the image")]
    BlobSize {
        /// The descriptor's digest.
        digest: String,
        /// The blob's file.
        path: PathBuf,
        /// The descriptor's size in bytes.
        expected: u64,
        /// The file's size in bytes.
        found: u64,
    },
    /// A blob does not have its descriptor's digest.
    #[error("blob {digest}: {path} has the digest {found}; rebuild the image")]
    BlobDigest {
        /// The expected digest.
        digest: String,
        /// The blob's file.
        path: PathBuf,
        /// The digest of the file's content.
        found: String,
    },
    /// An index has no image for a platform.
    #[error("{index}: no image for {wanted}, has [{available}]")]
    NoImage {
        /// The index's file.
        index: PathBuf,
        /// The platform.
        wanted: String,
        /// The index's platforms, separated by commas.
        available: String,
    },
    /// An index has several images and nothing selects one.
    #[error("{index}: more than one image: [{available}]")]
    AmbiguousImage {
        /// The index's file.
        index: PathBuf,
        /// The index's platforms, separated by commas.
        available: String,
    },
}
