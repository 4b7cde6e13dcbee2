//! `output`: what images write that run to their end, a line each, held to a file.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::container::{poll, LONGEST_PAUSE};
use super::launch::{ending, Launch};
use crate::{diff, Error};

const LONGEST: Duration = Duration::from_mins(1);

/// One image of the table.
#[derive(Debug)]
pub(crate) struct Image {
    pub(crate) layout: PathBuf,
    pub(crate) emulator: Option<PathBuf>,
}

/// What the command line says.
#[derive(Default)]
pub(crate) struct Options {
    pub(crate) images: Vec<Image>,
    /// The whole table, with a line above it that says what the columns are; absent, the image's line is printed.
    pub(crate) expect: Option<PathBuf>,
}

pub(crate) fn run(options: Options, out: &mut dyn Write) -> Result<bool, Error> {
    match options.expect {
        Some(expect) => compare(&options.images, &expect, out),
        None => options
            .images
            .into_iter()
            .try_fold(true, |ok, image| Ok(ok && row(image, out)?)),
    }
}

fn compare(images: &[Image], expect: &Path, out: &mut dyn Write) -> Result<bool, Error> {
    let expected = fs::read_to_string(expect).map_err(|source| Error::Read {
        path: expect.to_owned(),
        source,
    })?;
    let mut found = expected.lines().next().unwrap_or_default().to_owned() + "\n";
    for image in images {
        found.push_str(&row_of(image)?);
    }
    write!(out, "{found}")?;
    let diff = diff::unified(&expected, &found);
    if !diff.is_empty() {
        writeln!(out, "--- {}\n+++ the images\n{diff}", expect.display())?;
    }
    Ok(diff.is_empty())
}

/// A process enters namespaces once, so each image has a process of its own.
fn row_of(image: &Image) -> Result<String, Error> {
    let mut command = Command::new("/proc/self/exe");
    command.arg("output").arg(&image.layout);
    if let Some(emulator) = &image.emulator {
        command.arg("--emulator").arg(emulator);
    }
    let output = command.output()?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if output.status.success() {
        Ok(text(&output.stdout))
    } else {
        Err(Error::failed(format!(
            "{}{}",
            text(&output.stdout),
            text(&output.stderr).trim_end()
        )))
    }
}

fn row(image: Image, out: &mut dyn Write) -> Result<bool, Error> {
    let launch = Launch {
        layout: image.layout,
        emulator: image.emulator,
        ..Launch::default()
    };
    let container = &mut launch.start(&launch.image()?)?.container;
    let ended = poll(LONGEST, LONGEST_PAUSE, || container.ended());
    write!(out, "{}", container.log())?;
    match ended {
        Some(status) if status.success() => Ok(true),
        Some(status) => Err(launch.failed(&ending(status))),
        None => Err(launch.failed(&format!("still running after {} s", LONGEST.as_secs()))),
    }
}
