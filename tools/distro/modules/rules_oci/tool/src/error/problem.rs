//! The problems that an `Error` reports. Each message names the offending value, then what is expected.

use std::io;
use std::path::Path;
use std::str::Utf8Error;

use super::Error;

/// A cause of failure.
#[derive(Debug)]
pub enum Problem {
    /// An I/O operation failed.
    Io {
        /// The operation, as in `reading`.
        action: &'static str,
        /// The cause.
        source: io::Error,
    },
    /// A layer is an empty file.
    EmptyLayer,
    /// A tar archive ends before its end marker.
    TruncatedTar {
        /// The position of the end.
        found: String,
    },
    /// A file is not a tar archive.
    InvalidTar {
        /// The reader's error.
        found: String,
    },
    /// A tar entry has a type that no container engine unpacks.
    UnsupportedEntry {
        /// The entry's name.
        name: String,
        /// The type in the entry's header.
        kind: u8,
    },
    /// A tar entry's name or pax header exceeds the limit of container engines.
    OversizedMetadata {
        /// The entry's number, from 1.
        entry: u64,
        /// The name in the header of the metadata.
        name: String,
        /// The kind of metadata.
        what: &'static str,
        /// Its size in bytes.
        size: u64,
        /// The maximum size in bytes.
        limit: u64,
    },
    /// Compressed data is corrupt.
    CorruptData {
        /// The compression's name.
        kind: &'static str,
        /// The decoder's error.
        found: String,
    },
    /// The image specification has no media type for a compression.
    UnsupportedCompression {
        /// The compression's name.
        kind: &'static str,
    },
    /// A directory is not an OCI image layout.
    InvalidLayout {
        /// The missing or invalid part.
        found: String,
    },
    /// A layout does not contain exactly one image.
    NotOneImage {
        /// The entries of its index.
        found: String,
        /// The accepted content.
        expected: &'static str,
    },
    /// A blob that a manifest refers to does not exist.
    MissingBlob {
        /// The blob's digest.
        digest: String,
    },
    /// A blob's size or digest differs from its descriptor.
    BlobMismatch {
        /// The descriptor's size or digest.
        expected: String,
        /// The blob's size or digest.
        found: String,
    },
    /// A document does not follow its specification.
    InvalidDocument {
        /// The kind of document.
        what: &'static str,
        /// The parser's error.
        found: String,
    },
    /// A line of an attribute file has no key.
    MissingKey {
        /// The line's number, from 1.
        line: usize,
        /// The line.
        found: String,
    },
    /// A line of an attribute file ends in a carriage return.
    CarriageReturn {
        /// The line's number, from 1.
        line: usize,
        /// The line.
        found: String,
    },
    /// The name of a port or a volume is invalid.
    InvalidName {
        /// The name.
        found: String,
        /// The command that writes a valid file.
        fix: String,
    },
    /// A creation time is invalid.
    InvalidTime {
        /// The file's content.
        found: String,
        /// The command that writes a valid file.
        fix: String,
    },
    /// A variable's value contains an unsupported reference.
    InvalidReference {
        /// The variable.
        key: String,
        /// Its value.
        value: String,
    },
    /// An attribute file is empty.
    EmptyFile {
        /// The accepted content.
        expected: &'static str,
    },
    /// An attribute file is not UTF-8 text.
    InvalidUtf8 {
        /// The decoder's error.
        found: Utf8Error,
    },
    /// An image has neither a platform nor a base.
    MissingPlatform,
    /// An image has both a platform and a base.
    PlatformWithBase,
    /// A tag has no name or no version.
    InvalidTag {
        /// The tag.
        tag: String,
    },
    /// An image index is requested in docker's format.
    IndexAsDocker,
    /// An image is requested in the format of image indexes.
    ImageAsOci,
    /// An archive of an image index has no tag.
    MissingTags,
    /// PATH contains no container engine.
    EngineNotFound {
        /// The accepted programs.
        expected: String,
    },
    /// A container engine failed.
    EngineFailed {
        /// The command.
        command: String,
        /// Its exit code or the operating system's error.
        found: String,
        /// The command that checks the engine.
        probe: String,
    },
    /// A Debian package lacks files of the base image.
    IncompletePackage {
        /// The package.
        package: String,
        /// The missing files.
        expected: &'static str,
    },
    /// A Debian package of the base image is missing.
    MissingPackage {
        /// The base's kind.
        kind: &'static str,
        /// The package.
        package: &'static str,
    },
    /// A request to a registry failed.
    Registry(Box<dyn std::error::Error + Send + Sync>),
    /// Cosign did not start.
    CosignFailed {
        /// The program.
        program: String,
        /// The operating system's error.
        found: io::Error,
        /// How to fix it.
        fix: &'static str,
    },
    /// A value of a file, of the environment or of a registry is invalid.
    Invalid(String),
    /// The command line is invalid.
    Usage(String),
}

impl std::error::Error for Problem {}

impl Problem {
    /// An I/O error without a file.
    pub fn io(action: &'static str, source: io::Error) -> Self {
        Self::Io { action, source }
    }

    /// Locates this problem in a file.
    pub fn at(self, path: impl AsRef<Path>) -> Error {
        Error::File {
            path: path.as_ref().to_owned(),
            problem: self,
        }
    }
}
