//! `structure`: checks that the image matches its golden files and follows the rules for production images.

mod expectation;
mod policy;

use std::io::Write;
use std::path::{Path, PathBuf};

use crate::base::Base;
use crate::image::Image;
use crate::report::Report;
use crate::tree::Tree;
use crate::{diff, golden, mtree, Error};
use expectation::Expectation;

#[derive(Default)]
pub(crate) struct Options {
    pub(crate) layout: PathBuf,
    pub(crate) platform: Option<String>,
    /// OCI layouts: the bases of the image, or of all images of the index.
    pub(crate) bases: Vec<PathBuf>,
    pub(crate) expect: PathBuf,
    pub(crate) mtree: Option<PathBuf>,
    /// `os/architecture`, for an expectation file that images of several platforms share.
    pub(crate) expect_platform: Option<String>,
    pub(crate) update: bool,
    /// The command that writes the golden files, unless it is this check with `--update`.
    pub(crate) update_command: Option<String>,
}

pub(crate) fn run(options: &Options, out: &mut dyn Write) -> Result<bool, Error> {
    let expected = read(options)?;
    let image = Image::open(&options.layout, options.platform.as_deref())?;
    let base = Base::find(&image, &options.bases)?;
    let tree = Tree::new(&image)?;
    let mut golden = vec![Golden {
        path: &options.expect,
        expected: expected.to_json(),
        found: expected.found(&image, &base).to_json(),
    }];
    if let Some(path) = &options.mtree {
        let listing = golden::read(path, options.update)?;
        let base_layers = base.layers.len();
        let base = Tree::of_lowest(&image, base_layers)?;
        golden.push(Golden {
            path,
            found: mtree::listing(&tree, &base, base_layers, &listing),
            expected: listing,
        });
    }
    let mut report = Report::new(format!("structure {}", options.layout.display()));
    report.check("blobs", "match their digests", "match their digests", true, "");
    if let Some(expected) = &options.expect_platform {
        let found = image.full_platform();
        let ok = *expected == found || *expected == image.platform();
        let hint = "build the image for that platform: check --platforms and the label in the test";
        report.check("platform", expected, found, ok, hint);
    }
    policy::check(&expected, &image, &tree, &mut report);
    if options.update {
        for it in golden {
            writeln!(out, "wrote {}", golden::write(it.path, &it.found)?.display())?;
        }
        // Golden files do not override the rules.
        return Ok(report.passed() || report.print(out)?);
    }
    for it in &golden {
        it.check(options, &mut report);
    }
    let passed = report.print(out)?;
    for it in &golden {
        it.print_difference(options, out)?;
    }
    Ok(passed)
}

struct Golden<'a> {
    path: &'a Path,
    expected: String,
    found: String,
}

impl Golden<'_> {
    fn check(&self, options: &Options, report: &mut Report) {
        let same = self.expected == self.found;
        let shown = if same { "equal" } else { "different" };
        let update = update(options);
        let hint = format!("see the difference below (- expected, + found); to accept it{update}");
        report.check(&self.path.display().to_string(), "equal", shown, same, &hint);
    }

    fn print_difference(&self, options: &Options, out: &mut dyn Write) -> Result<(), Error> {
        if self.expected != self.found {
            let diff = diff::unified(&self.expected, &self.found);
            let (old, new) = (self.path.display(), options.layout.display());
            write!(out, "--- {old}\n+++ {new}\n{diff}")?;
        }
        Ok(())
    }
}

/// How to write the golden files.
fn update(options: &Options) -> String {
    options.update_command.as_ref().map_or_else(
        || ", `bazel run` this test with -- --update".to_owned(),
        |command| format!(":\n      {command}"),
    )
}

fn read(options: &Options) -> Result<Expectation, Error> {
    let text = golden::read(&options.expect, options.update)?;
    let text = if text.is_empty() && options.update {
        "{}"
    } else {
        &text
    };
    let expected: Expectation = serde_json::from_str(text).map_err(|error| {
        Error::Input(format!(
            "{}: invalid expectation: {error}; correct the file, or, if it has no exceptions, replace its content with {{}}, then{}",
            options.expect.display(),
            update(options)
        ))
    })?;
    Ok(if options.update {
        expected.for_update(options.expect_platform.is_none())
    } else {
        expected.completed()
    })
}
