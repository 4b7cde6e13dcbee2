use std::io;
use std::path::{Path, PathBuf};

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The command line is wrong.
    #[error("{0}; for help:\n    tools/affected --help")]
    Usage(String),
    /// The workspace is not under git.
    #[error("{} is not in a git checkout, so it has no revisions; make one:\n    git clone URL", .0.display())]
    NoCheckout(PathBuf),
    /// The revision is not in the clone.
    #[error("unknown revision {revision:?}: expected a commit, branch or tag of this clone; to list them:\n    git log --oneline --all")]
    UnknownRevision {
        /// As the caller wrote it.
        revision: String,
    },
    /// The revision is not in the clone, which is shallow.
    #[error("unknown revision {revision:?}: this clone is shallow and may lack it; fetch the history:\n    git fetch --unshallow")]
    ShallowClone {
        /// As the caller wrote it.
        revision: String,
    },
    /// git or Bazel failed.
    #[error("{command} failed in {}:\n{output}", directory.display())]
    Command {
        /// The program and its subcommand.
        command: String,
        /// Where it ran.
        directory: PathBuf,
        /// Its messages, indented.
        output: String,
    },
    /// A program's output is not of the expected form.
    #[error("unexpected output of {command}: {problem}")]
    Output {
        /// The program and its subcommand.
        command: &'static str,
        /// What is wrong.
        problem: String,
    },
    /// A file or program cannot be used.
    #[error("cannot {what} {}: {source}", path.display())]
    File {
        /// What was tried.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl Error {
    /// 64, `EX_USAGE`, for a wrong call; 1 for the rest.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Usage(_) => 64,
            _ => 1,
        }
    }

    /// An adapter for `map_err`.
    pub(crate) fn file(what: &'static str, path: impl AsRef<Path>) -> impl FnOnce(io::Error) -> Self {
        let path = path.as_ref().to_owned();
        move |source| Self::File { what, path, source }
    }
}
