//! The command line.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use lexopt::{Arg, Parser, ValueExt};

use crate::snapshot::Rule;
use crate::Error;

pub(crate) const HELP: &str = "\
Lists the targets that are affected by the changes from the revision BASE to the working tree, including uncommitted
and untracked files.

Usage: tools/affected [--kind=KIND] [--config=NAME]... BASE [//DIRECTORY/...]

    --kind=test         lists rules named *_test
    --kind=image        lists oci_image, oci_image_index, and the release or alias of one
    --kind=all          lists every rule (default)
    --config=NAME       a --config of .bazelrc, for both revisions; may be repeated
    //DIRECTORY/...     lists targets below the directory; default: //...

Targets with the tag `manual` are omitted, because //... does not build them.
";

/// The launcher of the closed network, relative to the workspace.
const LAUNCHER: &str = "tools/bazel";

/// A parsed command line.
#[derive(Debug)]
pub(crate) enum Request {
    Help,
    Compare(Options),
}

/// The options of a comparison.
#[derive(Debug)]
pub(crate) struct Options {
    pub(crate) workspace: PathBuf,
    /// A name on PATH, or a path relative to the workspace.
    pub(crate) bazel: String,
    pub(crate) configs: Vec<String>,
    pub(crate) kind: Kind,
    pub(crate) base: String,
    pub(crate) scope: Scope,
}

impl Options {
    /// Returns the path of what the graph does not contain, and what it defines.
    pub(crate) fn outside_graph(&self) -> (&'static str, &'static str) {
        if self.bazel == LAUNCHER {
            ("tools/distro", "the build root")
        } else {
            (".bazelversion", "the version of Bazel")
        }
    }
}

/// The targets to list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Kind {
    Test,
    Image,
    #[default]
    All,
}

impl Kind {
    pub(crate) fn contains(self, rule: &Rule) -> bool {
        match self {
            Self::Test => rule.class.ends_with("_test"),
            Self::Image => rule.is_image,
            Self::All => true,
        }
    }
}

impl FromStr for Kind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "test" => Ok(Self::Test),
            "image" => Ok(Self::Image),
            "all" => Ok(Self::All),
            _ => Err(format!("invalid --kind {text:?}: expected test, image or all")),
        }
    }
}

/// A directory of the workspace and its subdirectories.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Scope(String);

impl Scope {
    pub(crate) fn directory(&self) -> &str {
        &self.0
    }

    pub(crate) fn pattern(&self) -> String {
        if self.0.is_empty() {
            "//...".to_owned()
        } else {
            format!("//{}/...", self.0)
        }
    }

    pub(crate) fn contains(&self, package: &str) -> bool {
        package
            .strip_prefix(&self.0)
            .is_some_and(|rest| self.0.is_empty() || rest.is_empty() || rest.starts_with('/'))
    }
}

impl FromStr for Scope {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let directory = text
            .strip_prefix("//")
            .and_then(|rest| rest.strip_suffix("..."))
            .and_then(|rest| {
                if rest.is_empty() {
                    Some("")
                } else {
                    rest.strip_suffix('/').filter(|directory| !directory.is_empty())
                }
            });
        match directory {
            Some(directory)
                if !directory.starts_with('/') && !directory.contains([':', '"', '(', ')', ' ']) =>
            {
                Ok(Self(directory.to_owned()))
            }
            _ => Err(format!(
                "invalid pattern {text:?}: expected //... or //DIRECTORY/..."
            )),
        }
    }
}

pub(crate) fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Request, Error> {
    let mut parser = Parser::from_args(arguments);
    let (mut bazel, mut configs, mut kind, mut base, mut scope) =
        (None, Vec::new(), Kind::default(), None, None);
    while let Some(argument) = parser.next().map_err(usage)? {
        match argument {
            Arg::Long("help") | Arg::Short('h') => return Ok(Request::Help),
            Arg::Long("bazel") => bazel = Some(text(&mut parser)?),
            Arg::Long("config") => configs.push(text(&mut parser)?),
            Arg::Long("kind") => kind = text(&mut parser)?.parse().map_err(Error::Usage)?,
            Arg::Value(value) if base.is_none() => base = Some(value.string().map_err(usage)?),
            Arg::Value(value) if scope.is_none() => {
                scope = Some(value.string().map_err(usage)?.parse().map_err(Error::Usage)?);
            }
            other => return Err(usage(other.unexpected())),
        }
    }
    let missing = |name: &str| Error::Usage(format!("missing {name}"));
    let workspace = env::var_os("BUILD_WORKSPACE_DIRECTORY")
        .ok_or_else(|| missing("environment variable BUILD_WORKSPACE_DIRECTORY, which `bazel run` sets"))?;
    Ok(Request::Compare(Options {
        workspace: Path::new(&workspace).to_owned(),
        bazel: bazel.unwrap_or_else(|| LAUNCHER.to_owned()),
        configs,
        kind,
        base: base.ok_or_else(|| missing("argument BASE"))?,
        scope: scope.unwrap_or(Scope(String::new())),
    }))
}

fn text(parser: &mut Parser) -> Result<String, Error> {
    parser.value().and_then(ValueExt::string).map_err(usage)
}

#[expect(clippy::needless_pass_by_value, reason = "an argument of map_err")]
fn usage(error: lexopt::Error) -> Error {
    Error::Usage(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_directory_patterns() {
        for (pattern, directory) in [("//...", ""), ("//a/...", "a"), ("//a/b/...", "a/b")] {
            let scope: Scope = pattern.parse().unwrap();
            assert_eq!(
                (scope.directory(), scope.pattern().as_str()),
                (directory, pattern)
            );
        }
        for pattern in [
            "//a", "//a:b", "//a:all", "...", "///...", "//a...", "@a//...", "",
        ] {
            assert!(pattern.parse::<Scope>().is_err(), "{pattern}");
        }
    }

    #[test]
    fn scope_contains_packages_below() {
        let scope: Scope = "//a/b/...".parse().unwrap();
        assert!(scope.contains("a/b") && scope.contains("a/b/c"));
        assert!(!scope.contains("a") && !scope.contains("a/bc") && !scope.contains(""));
        let all: Scope = "//...".parse().unwrap();
        assert!(all.contains("") && all.contains("a"));
    }

    #[test]
    fn rejects_bad_options() {
        for (arguments, message) in [
            (
                vec!["--kind=tests", "main"],
                "invalid --kind \"tests\": expected test, image or all",
            ),
            (
                vec!["main", "//a:b"],
                "invalid pattern \"//a:b\": expected //... or //DIRECTORY/...",
            ),
            (vec!["main", "//...", "more"], "unexpected argument \"more\""),
            (vec!["--fast", "main"], "invalid option '--fast'"),
        ] {
            let error = parse(arguments.into_iter().map(OsString::from)).unwrap_err();
            assert!(error.to_string().contains(message), "{error}");
            assert_eq!(error.exit_code(), 64);
        }
    }
}
