//! Starting an image's program in namespaces.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::time::Duration;

use super::container::{Container, Scratch};
use super::namespaces;
use super::plan::Plan;
use crate::image::Image;
use crate::report::{bytes, Report};
use crate::tree::Tree;
use crate::user::User;
use crate::Error;

/// Factor of the time limits under an emulator.
const EMULATION_FACTOR: u32 = 6;

/// The image to start, and its parameters.
#[derive(Default)]
pub(crate) struct Launch {
    pub(crate) layout: PathBuf,
    /// `os/architecture`: selects an image of an index.
    pub(crate) platform: Option<String>,
    /// Replaces the image's `cmd` unless empty.
    pub(crate) arguments: Vec<String>,
    /// `NAME=VALUE`, in addition to the image's variables.
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

    /// Enters new namespaces, which a process can do once, and starts the program.
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
        let user = User::resolve(&run.user, &tree).map_err(|error| self.failed(&error))?;
        let arguments = if self.arguments.is_empty() {
            &run.cmd
        } else {
            &self.arguments
        };
        let argv: Vec<_> = run.entrypoint.iter().chain(arguments).cloned().collect();
        if argv.is_empty() {
            return Err(self.failed("the image has neither entrypoint nor cmd: set an entrypoint"));
        }
        Ok(Plan {
            layout: self.layout.clone(),
            platform: self.platform.clone(),
            root: scratch.join("root"),
            uid: user.uid,
            gid: user.gid,
            groups: user.groups,
            emulator: self.emulator.as_deref().map(canonicalize).transpose()?,
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

    pub(super) fn time_limit(&self, limit: Duration) -> Duration {
        if self.emulator.is_some() {
            limit * EMULATION_FACTOR
        } else {
            limit
        }
    }

    /// Checks the resident memory. Under an emulator there is no limit: its memory is not the program's.
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
            "reduce the program's memory, or raise --max-rss",
        );
    }
}

/// Resolves symlinks, which have other targets in the image's root.
fn canonicalize(path: &Path) -> Result<PathBuf, Error> {
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

/// `exit CODE`, or the signal that killed the process.
pub(super) fn describe_exit(status: ExitStatus) -> String {
    status
        .code()
        .map_or_else(|| format!("killed by {status}"), |code| format!("exit {code}"))
}

/// Prints the report and, if a check failed, the last part of the program's output.
pub(super) fn print_report(report: &Report, container: &Container, out: &mut dyn Write) -> io::Result<bool> {
    let passed = report.print(out)?;
    if !passed {
        let output = container.output_tail();
        let newline = if output.ends_with('\n') { "" } else { "\n" };
        writeln!(out, "output of the program:")?;
        let shown = if output.is_empty() { "(none)" } else { &output };
        write!(out, "{shown}{newline}")?;
    }
    Ok(passed)
}
