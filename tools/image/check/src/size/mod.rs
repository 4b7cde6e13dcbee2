//! `size`: checks that the image is within its budgets and close to the recorded sizes.

mod crate_changes;
pub(crate) mod crate_sizes;
mod linked;
mod record;
mod table;

use std::io::Write;
use std::path::PathBuf;

use crate::base::Base;
use crate::image::Image;
use crate::report::{bytes, Report};
use crate::tree::Tree;
use crate::Error;
use record::Record;

/// Number of crates that a failure lists.
const MAX_CRATES: usize = 15;

/// Options of `size`; an absent budget is not checked.
#[derive(Default)]
pub(crate) struct Options {
    pub(crate) layout: PathBuf,
    pub(crate) platform: Option<String>,
    /// OCI layouts: the bases of the image, or of all images of the index.
    pub(crate) bases: Vec<PathBuf>,
    pub(crate) max_unpacked: Option<u64>,
    pub(crate) max_compressed: Option<u64>,
    pub(crate) max_binaries: Vec<(String, u64)>,
    /// The network whose compilers and base the image is built with: the record's key.
    pub(crate) network: Option<String>,
    /// The file of recorded sizes, and the path of the program in the image.
    pub(crate) record: Option<(PathBuf, String)>,
    pub(crate) update: bool,
    /// The unstripped program, for the report of a failure.
    pub(crate) symbols: Option<PathBuf>,
    /// The crates of the program, JSON.
    pub(crate) crates: Option<PathBuf>,
}

pub(crate) fn run(options: &Options, out: &mut dyn Write) -> Result<bool, Error> {
    let image = Image::open(&options.layout, options.platform.as_deref())?;
    let tree = Tree::new(&image)?;
    let layers = table::layer_sizes(&image)?;
    let above = layers
        .get(Base::find(&image, &options.bases)?.layers.len()..)
        .unwrap_or_default();
    let crates = options.crates.as_deref().map(linked::read).transpose()?;
    let record = options.record.as_ref().zip(options.network.as_deref());
    if let (Some(((path, program), network)), true) = (record, options.update) {
        let found = Record::of(program, &tree, above, crates.as_ref())?;
        return record::update(path, network, found, out);
    }
    table::print(&image, &layers, &tree, out)?;

    let budgets = options.network.as_ref().map_or_else(String::new, |network| {
        format!(", budgets of the {network} network")
    });
    let mut report = Report::new(format!("size {}{budgets}", options.layout.display()));
    let unpacked = tree.size();
    let compressed = layers.iter().map(|layer| layer.compressed).sum();
    let hint = "find the growth in the table above, or raise the budget";
    check(
        &mut report,
        "unpacked",
        options.max_unpacked,
        Some(unpacked),
        hint,
    );
    check(
        &mut report,
        "compressed",
        options.max_compressed,
        Some(compressed),
        hint,
    );
    for (path, max) in &options.max_binaries {
        let found = tree.file(path).map(|entry| tree.content(entry).len() as u64);
        let hint = if found.is_some() {
            hint
        } else {
            "no such file in the image: fix the path of this budget"
        };
        check(&mut report, path, Some(*max), found, hint);
    }
    if let Some(((path, program), network)) = record {
        let found = Record::of(program, &tree, above, crates.as_ref())?;
        record::check(path, network, &found, &mut report)?;
    }
    let passed = report.print(out)?;
    if passed {
        return Ok(true);
    }
    if let Some(program) = &options.symbols {
        crate_sizes::print(program, Some(MAX_CRATES), out)?;
    }
    if let (Some(((path, _), network)), Some(crates)) = (record, &crates) {
        record::print_crate_changes(path, network, crates, out)?;
    }
    Ok(false)
}

fn check(report: &mut Report, name: &str, max: Option<u64>, found: Option<u64>, hint: &str) {
    let expected = max.map_or_else(|| "any".to_owned(), |max| format!("at most {}", bytes(max)));
    let shown = found.map_or_else(|| "absent".to_owned(), bytes);
    let ok = found.is_some_and(|found| max.is_none_or(|max| found <= max));
    report.check(name, expected, shown, ok, hint);
}
