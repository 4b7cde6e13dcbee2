use std::path::Path;
use std::str::Utf8Error;
use std::{fmt, io};

use super::Error;

/// What was found, and what mends it.
#[derive(Debug)]
pub enum Problem {
    /// The operating system refused.
    Io {
        /// What was tried.
        action: &'static str,
        /// The system's answer.
        source: io::Error,
    },
    /// A layer is an empty file.
    EmptyLayer,
    /// A tar archive ends before its end marker.
    CutTar {
        /// Where it ends.
        found: String,
    },
    /// A file is no tar archive.
    NotTar {
        /// What the reader met.
        found: String,
    },
    /// A tar entry of a type that no container engine unpacks.
    TarEntry {
        /// The entry's name.
        name: String,
        /// The type in the entry's header.
        kind: u8,
    },
    /// A tar entry whose name or pax header is larger than engines read.
    TarMetadata {
        /// The entry's number, from 1.
        entry: u64,
        /// The name in the header of the metadata.
        name: String,
        /// What is too large.
        what: &'static str,
        /// Its size in bytes.
        size: u64,
        /// The greatest size that is accepted.
        limit: u64,
    },
    /// A compressed stream is damaged.
    Damaged {
        /// The compression's name.
        kind: &'static str,
        /// What the decoder met.
        found: String,
    },
    /// A compression that images don't have.
    Compression {
        /// The compression's name.
        kind: &'static str,
    },
    /// A directory is no OCI layout.
    NotLayout {
        /// What is missing or wrong.
        found: String,
    },
    /// A layout has no or several images where one is wanted.
    NotOneImage {
        /// What it names.
        found: String,
        /// What to do.
        mend: &'static str,
    },
    /// A blob that a manifest names is not there.
    MissingBlob {
        /// The blob's digest.
        digest: String,
    },
    /// A blob has another size or content than its digest says.
    WrongBlob {
        /// What the descriptor says.
        expected: String,
        /// What is there.
        found: String,
    },
    /// A document is not what the image specification says.
    Document {
        /// The kind of document.
        what: &'static str,
        /// What the parser met.
        found: String,
    },
    /// A line of an attribute file that has no key.
    NoKey {
        /// The line's number, from 1.
        line: usize,
        /// The line.
        found: String,
    },
    /// A line of an attribute file that ends as lines on Windows do.
    CarriageReturn {
        /// The line's number, from 1.
        line: usize,
        /// The line.
        found: String,
    },
    /// A port or a volume.
    BadName {
        /// The name.
        found: String,
        /// The command that writes the file as it should be.
        mend: String,
    },
    /// A time of creation.
    BadTime {
        /// The file's content.
        found: String,
        /// The command that writes the file as it should be.
        mend: String,
    },
    /// A variable's value that refers to others in a way that is not supported.
    BadReference {
        /// The variable.
        key: String,
        /// Its value.
        value: String,
    },
    /// An attribute file that has nothing to say.
    EmptyFile {
        /// What it should hold.
        wanted: &'static str,
    },
    /// An attribute file that is not text.
    NotText {
        /// Where it stops being text.
        found: Utf8Error,
    },
    /// An image of no platform.
    NoPlatform,
    /// A platform beside a base.
    PlatformWithBase,
    /// A tag that no engine would take.
    BadTag {
        /// The tag as given.
        tag: String,
    },
    /// An image index in docker's format.
    IndexAsDocker,
    /// An image in the format of image indexes.
    ImageAsOci,
    /// An archive of an image index without a tag.
    NoTags,
    /// A container engine is missing.
    NoEngine {
        /// The names tried.
        looked_for: String,
    },
    /// A container engine failed.
    Engine {
        /// The command run.
        command: String,
        /// How it ended.
        found: String,
        /// The command to try.
        probe: String,
    },
    /// A package without the files that the base needs.
    Package {
        /// The package.
        package: String,
        /// The files looked for.
        wanted: &'static str,
    },
    /// A package that was not given.
    MissingPackage {
        /// The base's kind.
        kind: &'static str,
        /// The package.
        package: &'static str,
    },
    /// A registry, or the way to it, failed.
    Registry(Box<dyn std::error::Error + Send + Sync>),
    /// Cosign is missing or doesn't run.
    Cosign {
        /// The program.
        program: String,
        /// The system's answer.
        found: io::Error,
        /// What to do.
        mend: &'static str,
    },
    /// The command line is wrong.
    Usage(String),
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io { action, source } => write!(f, "{action}: {source}"),
            Self::EmptyLayer => {
                f.write_str("the file is empty, a layer is a tar archive; build the file that makes it again")
            }
            Self::CutTar { found } => {
                write!(f, "the tar archive is cut short: {found}; build the file that makes it again")
            }
            Self::NotTar { found } => {
                write!(f, "not a tar archive: {found}; give a .tar, .tar.gz or .tar.zst file")
            }
            Self::TarEntry { name, kind } => write!(
                f,
                "entry {name:?} has the type '{}'{}, which no container engine unpacks: \
                 expected files, directories, links, devices and FIFOs{}",
                kind.escape_ascii(),
                describe_type(*kind),
                mend_type(*kind)
            ),
            Self::TarMetadata { entry, name, what, size, limit } => write!(
                f,
                "entry {entry} ({name:?}) has a {what} of {size} bytes: \
                 expected at most {limit}, the limit of container engines"
            ),
            Self::Damaged { kind, found } => {
                write!(f, "the {kind} data is damaged: {found}; build the file that makes it again")
            }
            Self::Compression { kind } => write!(
                f,
                "compressed with {kind}, which image layers can't be; compress it with gzip or zstd, or not at all"
            ),
            Self::NotLayout { found } => write!(
                f,
                "not an OCI image layout: {found}; \
                 give an oci_image, an image of oci.pull, or a directory that holds oci-layout, index.json and blobs/"
            ),
            Self::NotOneImage { found, mend } => {
                write!(f, "the layout's index.json names {found} where one image is needed; {mend}")
            }
            Self::MissingBlob { digest } => {
                write!(f, "blob {digest} is named in the layout but missing; fetch or build the layout again")
            }
            Self::WrongBlob { expected, found } => {
                write!(f, "the blob should be {expected} but is {found}; fetch or build the layout again")
            }
            Self::Document { what, found } => write!(f, "not a valid {what}: {found}"),
            Self::NoKey { line, found } => {
                write!(f, "line {line}: {found:?} has no key: expected KEY=VALUE on each line")
            }
            Self::CarriageReturn { line, found } => write!(
                f,
                "line {line}: {found:?} ends in a carriage return, which would be part of the value: \
                 expected lines that end in a line feed alone"
            ),
            Self::BadName { found, mend } => write!(
                f,
                "invalid name {found:?}: expected names separated by commas alone, without a line break, also at the end, \
                 and without spaces around them:\n    {mend}"
            ),
            Self::BadTime { found, mend } => write!(
                f,
                "invalid time {found:?}: expected one without spaces and without a line break, also at the end:\n    {mend}"
            ),
            Self::BadReference { key, value } => write!(
                f,
                "variable {key:?} has the value {value:?}, in which braces do not enclose a name alone: \
                 expected $NAME or ${{NAME}}"
            ),
            Self::EmptyFile { wanted } => {
                write!(f, "the file is empty; write {wanted} into it or leave the attribute out")
            }
            Self::NotText { found } => write!(f, "the file is not UTF-8 text: {found}"),
            Self::NoPlatform => {
                f.write_str("an image without a base needs `os` and `architecture`; set both, or set `base`")
            }
            Self::PlatformWithBase => f.write_str(
                "`os`, `architecture` and `variant` come from the base; remove them, or remove `base`",
            ),
            Self::BadTag { tag } => {
                write!(f, "{tag:?} is not a name with a tag; write it as in my-service:latest")
            }
            Self::IndexAsDocker => {
                f.write_str("an image index can't be loaded in the docker format; set format = \"oci\"")
            }
            Self::ImageAsOci => {
                f.write_str("the format oci is for an image index, this is an image; set format = \"docker\"")
            }
            Self::NoTags => f.write_str(
                "the list of tags is empty, so an archive in the format oci would have no image; give a tag as in my-service:latest",
            ),
            Self::NoEngine { looked_for } => write!(
                f,
                "no container engine on PATH: looked for {looked_for}; \
                 install one of them or set the attribute `loader`"
            ),
            Self::Engine { command, found, probe } => write!(
                f,
                "`{command}` failed: {found}; is its service running and may you use it? see what it says to:\n  {probe}"
            ),
            Self::Package { package, wanted } => {
                write!(f, "the package {package} has no {wanted}; fetch the package again")
            }
            Self::MissingPackage { kind, package } => {
                write!(f, "a {kind} base needs the package {package}; add it")
            }
            Self::Registry(source) => source.fmt(f),
            Self::Cosign { program, found, mend } => write!(f, "can't start {program}: {found}; {mend}"),
            Self::Usage(message) => f.write_str(message),
        }
    }
}

/// The meaning of a type of tar entry.
fn describe_type(kind: u8) -> &'static str {
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

/// The option of GNU tar that makes entries of a type.
fn mend_type(kind: u8) -> &'static str {
    match kind {
        b'D' => "; create the archive without --incremental and --listed-incremental",
        b'M' => "; create the archive without --multi-volume",
        b'S' => "; create the archive without --sparse",
        b'V' => "; create the archive without --label",
        _ => "",
    }
}

impl std::error::Error for Problem {}

impl Problem {
    /// An answer of the operating system to something tried on no file.
    pub fn io(action: &'static str, source: io::Error) -> Self {
        Self::Io { action, source }
    }

    /// This problem, in a file.
    pub fn at(self, path: impl AsRef<Path>) -> Error {
        Error::File {
            path: path.as_ref().to_owned(),
            problem: self,
        }
    }
}
