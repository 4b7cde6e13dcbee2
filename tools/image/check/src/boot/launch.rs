//! An image's program, started in namespaces.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::time::Duration;

use super::container::{Container, Scratch};
use super::namespaces;
use super::plan::Plan;
use crate::layout::Image;
use crate::report::{bytes, Report};
use crate::tree::Tree;
use crate::user::User;
use crate::Error;

/// An emulator translates every instruction first.
const EMULATION_FACTOR: u32 = 6;

/// Which image to start, and how.
#[derive(Default)]
pub(crate) struct Launch {
    pub(crate) layout: PathBuf,
    /// Which image of an index.
    pub(crate) platform: Option<String>,
    /// In place of the image's `cmd`, unless empty.
    pub(crate) arguments: Vec<String>,
    /// `NAME=VALUE`, added to the image's own.
    pub(crate) env: Vec<String>,
    pub(crate) emulator: Option<PathBuf>,
}

/// A started program. The fields are dropped in this order.
pub(super) struct Running {
    pub(super) container: Container,
    pub(super) user: User,
    _scratch: Scratch,
}

impl Launch {
    pub(super) fn image(&self) -> Result<Image, Error> {
        Image::open(&self.layout, self.platform.as_deref())
    }

    /// Enters the program's namespaces, which a process can do once, and starts it.
    pub(super) fn start(&self, image: &Image) -> Result<Running, Error> {
        let failed = |error: String| self.failed(&error);
        let scratch = Scratch::new().map_err(failed)?;
        let plan = self.plan(image, &scratch)?;
        let user = User {
            uid: plan.uid,
            gid: plan.gid,
            groups: plan.groups.clone(),
        };
        namespaces::enter(&user).map_err(failed)?;
        Ok(Running {
            container: Container::start(&plan, &scratch).map_err(failed)?,
            user,
            _scratch: scratch,
        })
    }

    fn plan(&self, image: &Image, scratch: &Scratch) -> Result<Plan, Error> {
        let tree = Tree::new(image)?;
        let run = &image.config.run;
        let user = User::find(&run.user, &tree).map_err(|error| self.failed(&error))?;
        let arguments = if self.arguments.is_empty() {
            &run.cmd
        } else {
            &self.arguments
        };
        let argv: Vec<_> = run.entrypoint.iter().chain(arguments).cloned().collect();
        if argv.is_empty() {
            return Err(self.failed("the image has neither entrypoint nor cmd; give it an entrypoint"));
        }
        Ok(Plan {
            layout: self.layout.clone(),
            platform: self.platform.clone(),
            root: scratch.join("root"),
            uid: user.uid,
            gid: user.gid,
            groups: user.groups,
            emulator: self.emulator.as_deref().map(find_emulator).transpose()?,
            argv,
            env: environment(run.env.iter().chain(&self.env)),
            working_dir: if run.working_dir.is_empty() {
                "/".to_owned()
            } else {
                run.working_dir.clone()
            },
            volumes: run.volumes.keys().cloned().collect(),
        })
    }

    pub(super) fn failed(&self, error: &str) -> Error {
        Error::failed(format!("{}: {error}", self.layout.display()))
    }

    /// A limit of time, longer under an emulator.
    pub(super) fn time_limit(&self, limit: Duration) -> Duration {
        if self.emulator.is_some() {
            limit * EMULATION_FACTOR
        } else {
            limit
        }
    }

    /// Checks the resident memory, if known. An emulator's memory is not the program's: then there is no limit.
    pub(super) fn check_memory(
        &self,
        name: &str,
        max: Option<u64>,
        found: Option<u64>,
        unknown_ok: bool,
        report: &mut Report,
    ) {
        let max = max.filter(|_| self.emulator.is_none());
        report.check(
            name,
            max.map_or_else(|| "any".to_owned(), |max| format!("at most {}", bytes(max))),
            found.map_or_else(|| "unknown".to_owned(), bytes),
            found.map_or(unknown_ok, |found| max.is_none_or(|max| found <= max)),
            "find what it holds in memory, or raise --max-rss",
        );
    }
}

/// Behind its links, which lead elsewhere in the image's root.
fn find_emulator(path: &Path) -> Result<PathBuf, Error> {
    path.canonicalize().map_err(|source| Error::Read {
        path: path.to_owned(),
        source,
    })
}

fn environment<'a>(variables: impl Iterator<Item = &'a String>) -> BTreeMap<String, String> {
    variables
        .filter_map(|it| it.split_once('='))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

/// How a process ended.
pub(super) fn ending(status: ExitStatus) -> String {
    status
        .code()
        .map_or_else(|| format!("killed by {status}"), |code| format!("exit {code}"))
}

/// Prints the report and, if a check failed, the end of the program's output.
pub(super) fn print(report: &Report, container: &Container, out: &mut dyn Write) -> io::Result<bool> {
    let passed = report.print(out)?;
    if !passed {
        let log = container.log();
        let end = if log.ends_with('\n') { "" } else { "\n" };
        writeln!(out, "output of the program:")?;
        write!(out, "{}{end}", if log.is_empty() { "(none)" } else { &log })?;
    }
    Ok(passed)
}
