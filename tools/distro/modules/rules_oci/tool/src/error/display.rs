//! The messages of problems.

use std::fmt;

use super::Problem;

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io { action, source } => write!(f, "{action}: {source}"),
            Self::EmptyLayer => f.write_str("empty file: expected a tar archive; rebuild the file"),
            Self::TruncatedTar { found } => write!(f, "truncated tar archive: {found}; rebuild the file"),
            Self::InvalidTar { found } => {
                write!(f, "not a tar archive: {found}; expected a .tar, .tar.gz or .tar.zst file")
            }
            Self::UnsupportedEntry { name, kind } => write!(
                f,
                "entry {name:?}: unsupported type '{}'{}: \
                 expected a file, directory, link, device or FIFO, as container engines do{}",
                kind.escape_ascii(),
                type_name(*kind),
                tar_option_hint(*kind)
            ),
            Self::OversizedMetadata {
                entry,
                name,
                what,
                size,
                limit,
            } => write!(
                f,
                "entry {entry} ({name:?}): {what} of {size} bytes: \
                 expected at most {limit}, the limit of container engines"
            ),
            Self::CorruptData { kind, found } => {
                write!(f, "corrupt {kind} data: {found}; rebuild the file")
            }
            Self::UnsupportedCompression { kind } => {
                write!(f, "unsupported compression {kind:?}: expected gzip, zstd or none")
            }
            Self::InvalidLayout { found } => write!(
                f,
                "not an OCI image layout: {found}; \
                 expected an oci_image, an image of oci.pull, or a directory of oci-layout, index.json and blobs/"
            ),
            Self::NotOneImage { found, expected } => {
                write!(f, "index.json lists {found}: expected {expected}")
            }
            Self::MissingBlob { digest } => {
                write!(f, "missing blob {digest}; fetch or build the layout again")
            }
            Self::BlobMismatch { expected, found } => write!(
                f,
                "blob mismatch: expected {expected}, found {found}; fetch or build the layout again"
            ),
            Self::InvalidDocument { what, found } => write!(f, "invalid {what}: {found}"),
            Self::MissingKey { line, found } => {
                write!(f, "line {line}: invalid pair {found:?}: expected KEY=VALUE")
            }
            Self::CarriageReturn { line, found } => write!(
                f,
                "line {line}: invalid value {found:?}: expected no carriage return before the line feed"
            ),
            Self::InvalidName { found, fix } => write!(
                f,
                "invalid name {found:?}: expected comma-separated names without surrounding white space \
                 and without a final line break:\n    {fix}"
            ),
            Self::InvalidTime { found, fix } => write!(
                f,
                "invalid time {found:?}: expected one without white space and without a final line break:\n    {fix}"
            ),
            Self::InvalidReference { key, value } => write!(
                f,
                "variable {key:?}: invalid value {value:?}: expected references of the form $NAME or ${{NAME}}"
            ),
            Self::EmptyFile { expected } => {
                write!(f, "empty file: expected {expected}; write it or omit the attribute")
            }
            Self::InvalidUtf8 { found } => write!(f, "invalid UTF-8: {found}"),
            Self::MissingPlatform => {
                f.write_str("missing `os` or `architecture`: expected both in an image without `base`")
            }
            Self::PlatformWithBase => f.write_str(
                "unexpected `os`, `architecture` or `variant`: `base` sets the platform; remove them, or remove `base`",
            ),
            Self::InvalidTag { tag } => {
                write!(f, "invalid tag {tag:?}: expected NAME:VERSION, as in my-service:latest")
            }
            Self::IndexAsDocker => {
                f.write_str("invalid format \"docker\" for an image index: expected format = \"oci\"")
            }
            Self::ImageAsOci => {
                f.write_str("invalid format \"oci\" for an image: expected format = \"docker\"")
            }
            Self::MissingTags => f.write_str(
                "empty list of tags: expected one or more with format = \"oci\", as in my-service:latest",
            ),
            Self::EngineNotFound { expected } => write!(
                f,
                "no container engine on PATH: expected one of {expected}; \
                 install one of them or set the attribute `loader`"
            ),
            Self::EngineFailed { command, found, probe } => write!(
                f,
                "`{command}` failed: {found}; check that its service is running and that you have access:\n    {probe}"
            ),
            Self::IncompletePackage { package, expected } => write!(
                f,
                "incomplete package {package:?}: expected {expected}; fetch the package again"
            ),
            Self::MissingPackage { kind, package } => {
                write!(f, "missing package {package:?}: required by a {kind} base; add it to the packages of the base")
            }
            Self::Registry(source) => source.fmt(f),
            Self::CosignFailed { program, found, fix } => write!(f, "starting {program}: {found}; {fix}"),
            Self::Invalid(message) | Self::Usage(message) => f.write_str(message),
        }
    }
}

fn type_name(kind: u8) -> &'static str {
    match kind {
        b'7' => " (contiguous file)",
        b'D' => " (directory of an incremental backup)",
        b'M' => " (file continued from another volume)",
        b'N' => " (long name in the old format)",
        b'S' => " (sparse file)",
        b'V' => " (volume label)",
        _ => "",
    }
}

/// The option of GNU tar to omit.
fn tar_option_hint(kind: u8) -> &'static str {
    match kind {
        b'D' => "; create the archive without --incremental and --listed-incremental",
        b'M' => "; create the archive without --multi-volume",
        b'S' => "; create the archive without --sparse",
        b'V' => "; create the archive without --label",
        _ => "",
    }
}
