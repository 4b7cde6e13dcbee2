use std::io;
use std::path::{Path, PathBuf};

/// An error of the program.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The command line is invalid.
    #[error("{0}; for help:\n    tools/affected --help")]
    Usage(String),
    /// The workspace is not under git.
    #[error("{} is not in a git checkout; clone the repository:\n    git clone URL", .0.display())]
    NoCheckout(PathBuf),
    /// The revision is not in the clone.
    #[error("unknown revision {revision:?}: expected a commit, branch or tag of this clone; to list them:\n    git log --oneline --all")]
    UnknownRevision {
        /// The revision argument.
        revision: String,
    },
    /// The revision is not in the clone, which is shallow.
    #[error("unknown revision {revision:?}: this clone is shallow and may lack it; fetch the history:\n    git fetch --unshallow")]
    ShallowClone {
        /// The revision argument.
        revision: String,
    },
    /// git or Bazel failed.
    #[error("{command} failed in {}:\n{output}", directory.display())]
    Command {
        /// The program and its subcommand.
        command: String,
        /// Its working directory.
        directory: PathBuf,
        /// Its messages, indented.
        output: String,
    },
    /// A program's output has an unexpected form.
    #[error("unexpected output of {command}: {problem}")]
    Output {
        /// The program and its subcommand.
        command: &'static str,
        /// The error.
        problem: String,
    },
    /// A file or program cannot be used.
    #[error("cannot {operation} {}: {source}", path.display())]
    File {
        /// The failed operation, a verb.
        operation: &'static str,
        /// The file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
}

/// Bazel's error if a directory and its subdirectories have no package.
const NO_PACKAGE: &str = "no targets found beneath";

impl Error {
    /// Returns whether Bazel found no package that matches the pattern.
    pub(crate) fn is_no_package(&self) -> bool {
        matches!(self, Self::Command { output, .. } if output.contains(NO_PACKAGE))
    }

    /// Returns 64 (`EX_USAGE`) for usage errors, otherwise 1.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Usage(_) => 64,
            _ => 1,
        }
    }

    /// An adapter for `map_err`.
    pub(crate) fn file(operation: &'static str, path: impl AsRef<Path>) -> impl FnOnce(io::Error) -> Self {
        let path = path.as_ref().to_owned();
        move |source| Self::File {
            operation,
            path,
            source,
        }
    }
}
