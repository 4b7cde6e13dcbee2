//! Compares the configured target graph of a revision with that of the working tree. The hash of a configured target covers
//! its rule's attributes and implementation, its configuration, the content of its source files and its dependencies'
//! hashes; a target is affected if the revision has no equal hash.

#![forbid(unsafe_code)]

mod bazel;
mod cache;
mod cli;
mod content;
mod digest;
mod error;
mod git;
mod graph;
mod snapshot;
mod target;
mod wire;

use std::collections::HashSet;
use std::ffi::OsString;
use std::io::{self, Write};

use crate::bazel::Bazel;
use crate::cache::Cache;
use crate::cli::Options;
use crate::content::Contents;
use crate::digest::Digest;
use crate::git::Repository;
use crate::snapshot::Snapshot;

pub use crate::error::Error;

/// Runs the program with its arguments, without the program's name; prints the affected labels, sorted.
///
/// # Errors
///
/// An invalid command line, an unknown revision, or a failure of git or Bazel.
pub fn run(arguments: impl IntoIterator<Item = OsString>, out: &mut dyn Write) -> Result<(), Error> {
    let options = match cli::parse(arguments)? {
        cli::Request::Help => {
            return out
                .write_all(cli::HELP.as_bytes())
                .map_err(Error::file("print", "help"))
        }
        cli::Request::Compare(options) => options,
    };
    let repository = Repository::find(&options.workspace)?;
    let base = repository.commit(&options.base)?;
    let cache = Cache::open(&options.workspace)?;
    let mut contents = Contents::read(&cache.contents_file());

    let bazel = Bazel::new(&options, cache.graph_file());
    let head = snapshot::analyze(
        &bazel,
        &options.workspace,
        repository.root(),
        &options.scope,
        &mut contents,
    );
    let head = match head {
        // The changes removed all packages.
        Err(error) if error.is_no_package() && repository.contains(&base, options.scope.directory())? => {
            Snapshot::default()
        }
        head => head?,
    };
    let (path, defined) = options.outside_graph();
    let before = if repository.differs(&base, path)? {
        let _ = writeln!(
            io::stderr(),
            "affected: {path}, which defines {defined}, differs: every target is affected"
        );
        HashSet::new()
    } else {
        base_hashes(&options, &repository, &base, &cache, &bazel, &mut contents)?
    };
    contents.write(&cache.contents_file())?;
    for label in head.affected(&before, options.kind) {
        if writeln!(out, "{label}").is_err() {
            break;
        }
    }
    Ok(())
}

/// Returns the hashes of the revision, from the cache or from a worktree.
fn base_hashes(
    options: &Options,
    repository: &Repository,
    base: &str,
    cache: &Cache,
    bazel: &Bazel,
    contents: &mut Contents,
) -> Result<HashSet<Digest>, Error> {
    let key = cache::key(options, base);
    if let Some(hashes) = cache.hashes(&key) {
        return Ok(hashes);
    }
    let _ = writeln!(
        io::stderr(),
        "affected: analyzing {base} in a worktree; the result is cached"
    );
    let worktree = repository.worktree(base, cache.worktree())?;
    let hashes = if worktree.workspace().join(options.scope.directory()).is_dir() {
        worktree.copy_untracked("user.bazelrc", &options.workspace)?;
        let snapshot = snapshot::analyze(
            bazel,
            worktree.workspace(),
            worktree.root(),
            &options.scope,
            contents,
        );
        bazel.shut_down(worktree.workspace());
        match snapshot {
            Err(error) if error.is_no_package() => HashSet::new(),
            snapshot => snapshot?.hashes(),
        }
    } else {
        HashSet::new()
    };
    cache.store(&key, &hashes)?;
    Ok(hashes)
}

impl Snapshot {
    /// Returns the labels of the kind with a hash that is not in `before`.
    fn affected(&self, before: &HashSet<Digest>, kind: cli::Kind) -> Vec<&str> {
        let mut labels: Vec<_> = self
            .rules
            .iter()
            .filter(|rule| kind.contains(rule) && rule.hashes.iter().any(|hash| !before.contains(hash)))
            .map(|rule| rule.label.as_str())
            .collect();
        labels.sort_unstable();
        labels
    }
}
