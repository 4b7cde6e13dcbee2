//! Errors, located by target, attribute and file.

mod display;
mod problem;

use std::path::{Path, PathBuf};
use std::{fmt, io};

pub use problem::Problem;

/// The result of fallible functions of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A problem and its location.
#[derive(Debug)]
pub enum Error {
    /// An error of the target that is built or run.
    Target {
        /// The target's label.
        target: String,
        /// The error.
        source: Box<Error>,
    },
    /// An error in the value of an attribute.
    Attribute {
        /// The attribute's name in the BUILD file.
        attribute: &'static str,
        /// The error.
        source: Box<Error>,
    },
    /// An error in a file.
    File {
        /// The file.
        path: PathBuf,
        /// The problem.
        problem: Problem,
    },
    /// A problem without a file.
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

// No `source`: each message contains that of its cause.
impl std::error::Error for Error {}

impl From<Problem> for Error {
    fn from(problem: Problem) -> Self {
        Self::Plain(problem)
    }
}

impl Error {
    /// Whether the command line is invalid.
    pub fn is_usage(&self) -> bool {
        match self {
            Self::Target { source, .. } | Self::Attribute { source, .. } => source.is_usage(),
            Self::File { problem, .. } | Self::Plain(problem) => matches!(problem, Problem::Usage(_)),
        }
    }

    /// Converts the error of an invalid value to a usage error, if the value comes from the command line.
    pub fn into_usage(self) -> Self {
        match self {
            Self::Plain(Problem::Invalid(message)) => Self::Plain(Problem::Usage(message)),
            other => other,
        }
    }

    /// Whether a write failed because the reader closed the pipe.
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

/// Adds an operation and a file to an I/O error.
pub trait IoContext<T> {
    /// Adds the operation, as in `reading`, and the file.
    fn context(self, action: &'static str, path: impl AsRef<Path>) -> Result<T>;
}

impl<T> IoContext<T> for io::Result<T> {
    fn context(self, action: &'static str, path: impl AsRef<Path>) -> Result<T> {
        self.map_err(|source| Problem::io(action, source).at(path))
    }
}

/// Adds a location in the build to an error.
pub trait LocationContext<T> {
    /// Adds the attribute's name.
    fn in_attribute(self, attribute: &'static str) -> Result<T>;
    /// Adds the target's label, unless it is empty.
    fn in_target(self, target: &str) -> Result<T>;
}

impl<T> LocationContext<T> for Result<T> {
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
