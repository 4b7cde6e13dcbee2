//! What can go wrong, in words that say where it did and what to do about it.

mod problem;

use std::path::{Path, PathBuf};
use std::{fmt, io};

pub use problem::Problem;

/// The result of everything that can fail in this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An error and the place it belongs to.
#[derive(Debug)]
pub enum Error {
    /// An error in the target that is being built or run.
    Target {
        /// The label of the target.
        target: String,
        /// What went wrong there.
        source: Box<Error>,
    },
    /// An error in what an attribute of the target names.
    Attribute {
        /// The attribute's name in the BUILD file.
        attribute: &'static str,
        /// What went wrong there.
        source: Box<Error>,
    },
    /// An error in a file.
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: Problem,
    },
    /// A problem that belongs to no file.
    Plain(Problem),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Target { target, source } => write!(f, "{target}: {source}"),
            Self::Attribute { attribute, source } => write!(f, "attribute `{attribute}`: {source}"),
            Self::File { path, problem } => write!(f, "{}: {problem}", path.display()),
            Self::Plain(problem) => problem.fmt(f),
        }
    }
}

// No `source`: each message ends with that of its cause.
impl std::error::Error for Error {}

impl From<Problem> for Error {
    fn from(problem: Problem) -> Self {
        Self::Plain(problem)
    }
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
