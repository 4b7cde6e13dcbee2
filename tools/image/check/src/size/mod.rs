//! `size`: does the image stay within its budgets of bytes, and near the sizes that are checked in?

pub(crate) mod crate_sizes;
mod growth;
mod linked;
mod record;
mod table;

use std::io::Write;
use std::path::PathBuf;

use crate::base::base_of;
use crate::layout::Image;
use crate::report::{bytes, Report};
use crate::tree::Tree;
use crate::Error;
use record::Record;

/// How many of a program's crates a failure lists.
const CRATES: usize = 15;

/// What the command line says; a budget that is not given is not checked.
#[derive(Default)]
pub(crate) struct Options {
    pub(crate) layout: PathBuf,
    pub(crate) platform: Option<String>,
    /// What the image, or each image of the index, is based on: OCI layouts.
    pub(crate) bases: Vec<PathBuf>,
    pub(crate) max_unpacked: Option<u64>,
    pub(crate) max_compressed: Option<u64>,
    pub(crate) max_binaries: Vec<(String, u64)>,
    /// Whose compilers and base the image is built with: the key of the record, and of the budgets.
    pub(crate) network: Option<String>,
    /// The file of sizes that are checked in, and the program in the image that it is about.
    pub(crate) record: Option<(PathBuf, String)>,
    pub(crate) update: bool,
    /// The program with its symbols, for whoever has to find what grew.
    pub(crate) symbols: Option<PathBuf>,
    /// The crates that it is linked with, JSON.
    pub(crate) crates: Option<PathBuf>,
}

pub(crate) fn run(options: &Options, out: &mut dyn Write) -> Result<bool, Error> {
    let image = Image::open(&options.layout, options.platform.as_deref())?;
    let tree = Tree::new(&image)?;
    let layers = table::layer_sizes(&image)?;
    let above = layers
        .get(base_of(&image, &options.bases)?.layers.len()..)
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
    let hint = "see the ledger for what grew; raise the budget if the growth is wanted";
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
            "no such file in the image: mend the path of this budget"
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
        crate_sizes::print(program, Some(CRATES), out)?;
    }
    if let (Some(((path, _), network)), Some(crates)) = (record, &crates) {
        record::print_growth(path, network, crates, out)?;
    }
    Ok(false)
}

fn check(report: &mut Report, name: &str, max: Option<u64>, found: Option<u64>, hint: &str) {
    let expected = max.map_or_else(|| "any".to_owned(), |max| format!("at most {}", bytes(max)));
    let shown = found.map_or_else(|| "absent".to_owned(), bytes);
    let ok = found.is_some_and(|found| max.is_none_or(|max| found <= max));
    report.check(name, expected, shown, ok, hint);
}
