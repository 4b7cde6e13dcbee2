//! `output`: compares the lines that images write with a file.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::container::{poll, MAX_POLL_INTERVAL};
use super::launch::{describe_exit, Launch};
use crate::{diff, Error};

const EXIT_TIMEOUT: Duration = Duration::from_mins(1);

#[derive(Debug)]
pub(crate) struct Image {
    pub(crate) layout: PathBuf,
    pub(crate) emulator: Option<PathBuf>,
}

#[derive(Default)]
pub(crate) struct Options {
    pub(crate) images: Vec<Image>,
    /// A header, then the lines of all images; if none, the lines are printed.
    pub(crate) expect: Option<PathBuf>,
}

pub(crate) fn run(options: Options, out: &mut dyn Write) -> Result<bool, Error> {
    match options.expect {
        Some(expect) => compare(&options.images, &expect, out),
        None => options
            .images
            .into_iter()
            .try_fold(true, |ok, image| Ok(ok && print_output(image, out)?)),
    }
}

fn compare(images: &[Image], expect: &Path, out: &mut dyn Write) -> Result<bool, Error> {
    let expected = fs::read_to_string(expect).map_err(|source| Error::Read {
        path: expect.to_owned(),
        source,
    })?;
    let mut found = expected.lines().next().unwrap_or_default().to_owned() + "\n";
    for image in images {
        found.push_str(&run_in_child(image)?);
    }
    write!(out, "{found}")?;
    let diff = diff::unified(&expected, &found);
    if !diff.is_empty() {
        writeln!(out, "--- {}\n+++ the images\n{diff}", expect.display())?;
    }
    Ok(diff.is_empty())
}

/// Runs the image in a child process: a process can enter namespaces only once.
fn run_in_child(image: &Image) -> Result<String, Error> {
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

fn print_output(image: Image, out: &mut dyn Write) -> Result<bool, Error> {
    let launch = Launch {
        layout: image.layout,
        emulator: image.emulator,
        ..Launch::default()
    };
    let container = &mut launch.start(&launch.image()?)?.container;
    let status = poll(EXIT_TIMEOUT, MAX_POLL_INTERVAL, || container.exit_status());
    write!(out, "{}", container.output_tail())?;
    match status {
        Some(status) if status.success() => Ok(true),
        Some(status) => Err(launch.failed(&describe_exit(status))),
        None => Err(launch.failed(&format!("still running after {} s", EXIT_TIMEOUT.as_secs()))),
    }
}
