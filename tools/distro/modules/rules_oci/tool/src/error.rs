//! What can go wrong, in words that say where it did and what to do about it.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

/// The result of everything that can fail in this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An error and the place it belongs to.
#[derive(Debug, Error)]
pub enum Error {
    /// An error in the target that is being built or run.
    #[error("{target}: {source}")]
    Target {
        /// The label of the target.
        target: String,
        /// What went wrong there.
        source: Box<Error>,
    },
    /// An error in what an attribute of the target names.
    #[error("attribute `{attribute}`: {source}")]
    Attribute {
        /// The attribute's name in the BUILD file.
        attribute: &'static str,
        /// What went wrong there.
        source: Box<Error>,
    },
    /// An error in a file.
    #[error("{}: {problem}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: Problem,
    },
    /// A problem that belongs to no file.
    #[error(transparent)]
    Plain(#[from] Problem),
}

/// What was found, and what mends it.
#[derive(Debug, Error)]
pub enum Problem {
    /// The operating system refused.
    #[error("{action}: {source}")]
    Io {
        /// What was tried.
        action: &'static str,
        /// The system's answer.
        source: io::Error,
    },
    /// A layer is an empty file.
    #[error("the file is empty, a layer is a tar archive; build the file that makes it again")]
    EmptyLayer,
    /// A tar archive ends before its end marker.
    #[error("the tar archive is cut short: {found}; build the file that makes it again")]
    CutTar {
        /// Where it ends.
        found: String,
    },
    /// A file is no tar archive.
    #[error("not a tar archive: {found}; give a .tar, .tar.gz or .tar.zst file")]
    NotTar {
        /// What the reader met.
        found: String,
    },
    /// A compressed stream is damaged.
    #[error("the {kind} data is damaged: {found}; build the file that makes it again")]
    Damaged {
        /// The compression's name.
        kind: &'static str,
        /// What the decoder met.
        found: String,
    },
    /// A compression that images don't have.
    #[error(
        "compressed with {kind}, which image layers can't be; compress it with gzip or zstd, or not at all"
    )]
    Compression {
        /// The compression's name.
        kind: &'static str,
    },
    /// A directory is no OCI layout.
    #[error(
        "not an OCI image layout: {found}; \
         give an oci_image, an image of oci.pull, or a directory that holds oci-layout, index.json and blobs/"
    )]
    NotLayout {
        /// What is missing or wrong.
        found: String,
    },
    /// A layout has no or several images where one is wanted.
    #[error("the layout's index.json names {found} where one image is needed; {mend}")]
    NotOneImage {
        /// What it names.
        found: String,
        /// What to do.
        mend: &'static str,
    },
    /// A blob that a manifest names is not there.
    #[error("blob {digest} is named in the layout but missing; fetch or build the layout again")]
    MissingBlob {
        /// The blob's digest.
        digest: String,
    },
    /// A blob has another size or content than its digest says.
    #[error("the blob should be {expected} but is {found}; fetch or build the layout again")]
    WrongBlob {
        /// What the descriptor says.
        expected: String,
        /// What is there.
        found: String,
    },
    /// A document is not what the image specification says.
    #[error("not a valid {what}: {found}")]
    Document {
        /// The kind of document.
        what: &'static str,
        /// What the parser met.
        found: String,
    },
    /// A line of an attribute file.
    #[error("line {line}: {found:?} is not KEY=VALUE; write one KEY=VALUE on each line")]
    NotPair {
        /// The line's number, from 1.
        line: usize,
        /// The line.
        found: String,
    },
    /// An attribute file that has nothing to say.
    #[error("the file is empty; write {wanted} into it or leave the attribute out")]
    EmptyFile {
        /// What it should hold.
        wanted: &'static str,
    },
    /// An attribute file that is not text.
    #[error("the file is not UTF-8 text: {found}")]
    NotText {
        /// Where it stops being text.
        found: std::str::Utf8Error,
    },
    /// An image of no platform.
    #[error("an image without a base needs `os` and `architecture`; set both, or set `base`")]
    NoPlatform,
    /// A platform beside a base.
    #[error("`os`, `architecture` and `variant` come from the base; remove them, or remove `base`")]
    PlatformWithBase,
    /// A tag that no engine would take.
    #[error("{tag:?} is not a name with a tag; write it as in my-service:latest")]
    BadTag {
        /// The tag as given.
        tag: String,
    },
    /// A format that the image doesn't fit.
    #[error("an image index can't be loaded in the docker format; set format = \"oci\"")]
    IndexAsDocker,
    /// A container engine is missing.
    #[error(
        "no container engine on PATH: looked for {looked_for}; \
         install one of them or set the attribute `loader`"
    )]
    NoEngine {
        /// The names tried.
        looked_for: String,
    },
    /// A container engine failed.
    #[error(
        "`{command}` failed: {found}; is its service running and may you use it? see what it says to:\n  {probe}"
    )]
    Engine {
        /// The command run.
        command: String,
        /// How it ended.
        found: String,
        /// The command to try.
        probe: String,
    },
    /// A package without the files that the base needs.
    #[error("the package {package} has no {wanted}; fetch the package again")]
    Package {
        /// The package.
        package: String,
        /// The files looked for.
        wanted: &'static str,
    },
    /// A package that was not given.
    #[error("a {kind} base needs the package {package}; add it")]
    MissingPackage {
        /// The base's kind.
        kind: &'static str,
        /// The package.
        package: &'static str,
    },
    /// A registry, or the way to it, failed.
    #[error(transparent)]
    Registry(Box<dyn std::error::Error + Send + Sync>),
    /// Cosign is missing or doesn't run.
    #[error("can't start {program}: {found}; {mend}")]
    Cosign {
        /// The program.
        program: String,
        /// The system's answer.
        found: io::Error,
        /// What to do.
        mend: &'static str,
    },
    /// The command line is wrong.
    #[error("{0}")]
    Usage(String),
}

impl Error {
    /// Whether whoever reads what is written has gone.
    pub fn is_broken_pipe(&self) -> bool {
        match self {
            Self::Target { source, .. } | Self::Attribute { source, .. } => source.is_broken_pipe(),
            Self::File { problem, .. } | Self::Plain(problem) => {
                matches!(problem, Problem::Io { source, .. } if source.kind() == io::ErrorKind::BrokenPipe)
            }
        }
    }
}

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

impl From<lexopt::Error> for Error {
    fn from(error: lexopt::Error) -> Self {
        Problem::Usage(error.to_string()).into()
    }
}

/// Says what was tried on which file.
pub trait IoContext<T> {
    /// Names the action and the file.
    fn doing(self, action: &'static str, path: impl AsRef<Path>) -> Result<T>;
}

impl<T> IoContext<T> for io::Result<T> {
    fn doing(self, action: &'static str, path: impl AsRef<Path>) -> Result<T> {
        self.map_err(|source| Problem::io(action, source).at(path))
    }
}

/// Says where in the build an error belongs.
pub trait Located<T> {
    /// Names the attribute.
    fn in_attribute(self, attribute: &'static str) -> Result<T>;
    /// Names the target.
    fn in_target(self, target: &str) -> Result<T>;
}

impl<T> Located<T> for Result<T> {
    fn in_attribute(self, attribute: &'static str) -> Result<T> {
        self.map_err(|source| Error::Attribute {
            attribute,
            source: source.into(),
        })
    }

    fn in_target(self, target: &str) -> Result<T> {
        self.map_err(|source| match target {
            "" => source,
            _ => Error::Target {
                target: target.to_owned(),
                source: source.into(),
            },
        })
    }
}
