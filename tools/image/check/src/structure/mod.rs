//! `structure`: is the image what its expectation file says, and does it keep the rules for a production image?

mod expectation;
mod policy;

use std::io::{ErrorKind, Write};
use std::path::PathBuf;
use std::{fs, io};

use crate::layout::Image;
use crate::report::Report;
use crate::tree::Tree;
use crate::{diff, Error};
use expectation::Expectation;

/// What the command line says.
#[derive(Default)]
pub(crate) struct Options {
    pub(crate) layout: PathBuf,
    pub(crate) platform: Option<String>,
    pub(crate) expect: PathBuf,
    pub(crate) update: bool,
}

pub(crate) fn run(options: &Options, out: &mut dyn Write) -> Result<bool, Error> {
    let expected = read(options)?;
    let image = Image::open(&options.layout, options.platform.as_deref())?;
    let tree = Tree::new(&image)?;
    let found = expected.found(&image, &tree)?;
    let mut report = Report::new(format!("structure {}", options.layout.display()));
    report.check("blobs", "as their digests say", "as their digests say", true, "");
    policy::check(&expected, &image, &tree, &mut report);
    if options.update {
        writeln!(out, "{}", found.to_json())?;
        // What breaks a rule can't be expected away.
        return if report.passed() {
            Ok(true)
        } else {
            Ok(report.print(&mut io::stderr().lock())?)
        };
    }
    let diff = diff::unified(&expected.to_json(), &found.to_json());
    let hint =
        "see the difference below (- expected, + found); if it is wanted, take over what --update prints";
    let name = options.expect.display().to_string();
    let shown = if diff.is_empty() { "the same" } else { "different" };
    report.check(&name, "the same", shown, diff.is_empty(), hint);
    let passed = report.print(out)?;
    if !diff.is_empty() {
        write!(out, "--- {name}\n+++ {}\n{diff}", options.layout.display())?;
    }
    Ok(passed)
}

fn read(options: &Options) -> Result<Expectation, Error> {
    let text = match fs::read_to_string(&options.expect) {
        Ok(text) => text,
        Err(error) if options.update && error.kind() == ErrorKind::NotFound => "{}".to_owned(),
        Err(source) => {
            return Err(Error::Read {
                path: options.expect.clone(),
                source,
            })
        }
    };
    let expected: Expectation = serde_json::from_str(&text).map_err(|error| {
        Error::Usage(format!(
            "{}: not an expectation: {error}",
            options.expect.display()
        ))
    })?;
    Ok(if options.update {
        expected.or_first()
    } else {
        expected
    })
}
