//! Revisions of the workspace.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::bazel::messages;
use crate::Error;

/// Set by git for hooks; they may select another repository than the workspace's.
const HOOK_VARIABLES: [&str; 4] = ["GIT_DIR", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_WORK_TREE"];

/// The git checkout of the workspace.
#[derive(Debug)]
pub(crate) struct Repository {
    workspace: PathBuf,
    /// The workspace, relative to the checkout's root.
    prefix: String,
}

impl Repository {
    pub(crate) fn find(workspace: &Path) -> Result<Self, Error> {
        let output = git(workspace, ["rev-parse", "--show-prefix"])?;
        if !output.status.success() {
            let is_outside = String::from_utf8_lossy(&output.stderr).contains("not a git repository");
            return Err(if is_outside {
                Error::NoCheckout(workspace.to_owned())
            } else {
                failed(workspace, &output)
            });
        }
        Ok(Self {
            workspace: workspace.to_owned(),
            prefix: line(&output),
        })
    }

    /// The root of the checkout, which contains the workspace.
    pub(crate) fn root(&self) -> &Path {
        let depth = Path::new(&self.prefix).components().count();
        self.workspace.ancestors().nth(depth).unwrap_or(&self.workspace)
    }

    /// Resolves a revision to a commit.
    pub(crate) fn commit(&self, revision: &str) -> Result<String, Error> {
        let output = git(
            &self.workspace,
            [
                "rev-parse",
                "--verify",
                "--quiet",
                "--end-of-options",
                &format!("{revision}^{{commit}}"),
            ],
        )?;
        if output.status.success() {
            return Ok(line(&output));
        }
        let revision = revision.to_owned();
        if line(&git(&self.workspace, ["rev-parse", "--is-shallow-repository"])?) == "true" {
            return Err(Error::ShallowClone { revision });
        }
        Err(Error::UnknownRevision { revision })
    }

    /// Returns whether the working tree, including untracked files, differs from a commit in a path.
    pub(crate) fn differs(&self, commit: &str, path: &str) -> Result<bool, Error> {
        let changed = self.succeed(["diff", "--name-only", commit, "--", path])?;
        let untracked = self.succeed(["ls-files", "--others", "--exclude-standard", "--", path])?;
        Ok(!changed.stdout.is_empty() || !untracked.stdout.is_empty())
    }

    /// Returns whether a commit contains a directory of the workspace.
    pub(crate) fn contains(&self, commit: &str, directory: &str) -> Result<bool, Error> {
        let output = git(
            &self.workspace,
            ["cat-file", "-e", &format!("{commit}:./{directory}")],
        )?;
        Ok(output.status.success())
    }

    /// Checks out a commit into `directory`, replacing leftovers of a killed run.
    pub(crate) fn worktree(&self, commit: &str, directory: PathBuf) -> Result<Worktree<'_>, Error> {
        let worktree = Worktree {
            repository: self,
            workspace: directory.join(&self.prefix),
            directory,
        };
        worktree.remove();
        self.succeed([
            // Hooks change files, or fail outside of the user's checkout.
            OsStr::new("-c"),
            OsStr::new("core.hooksPath=/dev/null"),
            OsStr::new("worktree"),
            OsStr::new("add"),
            OsStr::new("--detach"),
            worktree.directory.as_os_str(),
            OsStr::new(commit),
        ])?;
        Ok(worktree)
    }

    fn succeed<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Result<Output, Error> {
        let output = git(&self.workspace, arguments)?;
        if output.status.success() {
            return Ok(output);
        }
        Err(failed(&self.workspace, &output))
    }
}

/// A worktree of a commit, removed when dropped.
#[derive(Debug)]
pub(crate) struct Worktree<'a> {
    repository: &'a Repository,
    directory: PathBuf,
    workspace: PathBuf,
}

impl Worktree<'_> {
    pub(crate) fn root(&self) -> &Path {
        &self.directory
    }

    pub(crate) fn workspace(&self) -> &Path {
        &self.workspace
    }

    /// Copies a file that git ignores and Bazel reads, if it exists.
    pub(crate) fn copy_untracked(&self, name: &str, from: &Path) -> Result<(), Error> {
        let (from, to) = (from.join(name), self.workspace.join(name));
        if from.is_file() {
            fs::copy(&from, &to).map_err(Error::file("write", &to))?;
        }
        Ok(())
    }

    fn remove(&self) {
        // Before the command, which fails for a directory that a killed run created in part.
        let _ = fs::remove_dir_all(&self.directory);
        let _ = git(
            &self.repository.workspace,
            [
                OsStr::new("worktree"),
                OsStr::new("remove"),
                // The second option is for a worktree that is locked, as by a killed `worktree add`.
                OsStr::new("--force"),
                OsStr::new("--force"),
                self.directory.as_os_str(),
            ],
        );
    }
}

impl Drop for Worktree<'_> {
    fn drop(&mut self) {
        self.remove();
    }
}

fn git<A: AsRef<OsStr>>(directory: &Path, arguments: impl IntoIterator<Item = A>) -> Result<Output, Error> {
    let mut command = Command::new("git");
    for name in HOOK_VARIABLES {
        command.env_remove(name);
    }
    command
        .current_dir(directory)
        // Messages in English, for the comparison above.
        .env("LC_ALL", "C")
        .args(arguments)
        .output()
        .map_err(Error::file("run", "git"))
}

fn failed(directory: &Path, output: &Output) -> Error {
    Error::Command {
        command: "git".to_owned(),
        directory: directory.to_owned(),
        output: messages(output),
    }
}

fn line(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn root_contains_workspace() {
        for (prefix, root) in [("", "/a/b"), ("b/", "/a"), ("a/b/", "/")] {
            let repository = Repository {
                workspace: PathBuf::from("/a/b"),
                prefix: prefix.to_owned(),
            };
            assert_eq!(repository.root(), Path::new(root));
        }
    }
}
