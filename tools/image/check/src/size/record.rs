//! The sizes that are checked in, so that a change shows its cost where it is reviewed.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use object::elf::FileHeader64;
use object::read::elf::FileHeader;
use object::Endianness;
use serde::{Deserialize, Serialize};

use super::growth;
use super::linked::{self, Features, LinkedCrates};
use super::table::LayerSize;
use crate::golden;
use crate::report::{bytes, Report};
use crate::tree::Tree;
use crate::Error;

/// What may come or go without an update: bytes, and a part of the size.
const SLACK: u64 = 4096;
const SLACK_PART: u64 = 100;

/// The sizes of what a service adds to its base.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Record {
    /// The compilers and the linker, as the program names them: others give other sizes.
    built_with: String,
    /// The program, in bytes.
    binary: u64,
    /// The layers above the base, compressed, in bytes.
    layers: u64,
    /// The program's crates with their features: not compared, but the base of what a failure prints.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    crates: Option<Features>,
}

impl Record {
    pub(super) fn of(
        program: &str,
        tree: &Tree<'_>,
        above_base: &[LayerSize],
        crates: Option<&LinkedCrates>,
    ) -> Result<Self, Error> {
        let entry = tree.file(program).ok_or_else(|| {
            Error::failed(format!(
                "no file {program} in the image: mend the path of --record"
            ))
        })?;
        let data = tree.content(entry);
        Ok(Self {
            built_with: built_with(data).unwrap_or_else(|| "unknown".to_owned()),
            binary: data.len() as u64,
            layers: above_base.iter().map(|it| it.compressed).sum(),
            crates: crates.map(linked::features),
        })
    }
}

/// Section `.comment`, where each compiler and the linker leave their name.
fn built_with(data: &[u8]) -> Option<String> {
    let header = FileHeader64::<Endianness>::parse(data).ok()?;
    let endian = header.endian().ok()?;
    let sections = header.sections(endian, data).ok()?;
    let (_, section) = sections.section_by_name(endian, b".comment")?;
    let text = object::read::elf::SectionHeader::data(section, endian, data).ok()?;
    let names = text.split(|byte| *byte == 0).filter(|name| !name.is_empty());
    let names: Vec<_> = names.map(String::from_utf8_lossy).collect();
    Some(names.join("; "))
}

/// The records of the networks that the file has.
type Records = BTreeMap<String, Record>;

fn parse(path: &Path, text: &str) -> Result<Records, Error> {
    serde_json::from_str(text).map_err(|error| {
        Error::Usage(format!(
            "{}: not records of sizes by network: {error}; delete the file and `bazel run` this test with -- --update",
            path.display()
        ))
    })
}

/// Writes the record of `network` and keeps those of others.
pub(super) fn update(path: &Path, network: &str, found: Record, out: &mut dyn Write) -> Result<bool, Error> {
    let text = golden::read(path, true)?;
    let mut records = if text.is_empty() {
        Records::new()
    } else {
        parse(path, &text)?
    };
    records.insert(network.to_owned(), found);
    let json = serde_json::to_string_pretty(&records).map_err(|error| Error::failed(error.to_string()))?;
    writeln!(out, "wrote {}", golden::write(path, &(json + "\n"))?.display())?;
    Ok(true)
}

pub(super) fn check(path: &Path, network: &str, found: &Record, report: &mut Report) -> Result<(), Error> {
    let records = parse(path, &golden::read(path, false)?)?;
    let file = path.display().to_string();
    let Some(recorded) = records.get(network) else {
        let shown = format!("not compared: no sizes of the {network} network are recorded");
        report.check(&file, format!("sizes of the {network} network"), shown, true, "");
        return Ok(());
    };
    if recorded.built_with != found.built_with {
        let shown = format!("not compared: this one is built with {}", found.built_with);
        report.check(
            &file,
            format!("built with {}", recorded.built_with),
            shown,
            true,
            "",
        );
        return Ok(());
    }
    let name = file.rsplit('/').next().unwrap_or_default().to_owned();
    compare(&format!("{name}: binary"), recorded.binary, found.binary, report);
    compare(&format!("{name}: layers"), recorded.layers, found.layers, report);
    Ok(())
}

fn compare(name: &str, recorded: u64, found: u64, report: &mut Report) {
    let slack = (recorded / SLACK_PART).max(SLACK);
    let sign = if found < recorded { '-' } else { '+' };
    let difference = recorded.abs_diff(found);
    report.check(
        name,
        format!("{} ± {}", bytes(recorded), bytes(slack)),
        format!("{} ({sign}{})", bytes(found), bytes(difference)),
        difference <= slack,
        "if the change is worth it, `bazel run` this test with -- --update and commit the file",
    );
}

/// Prints which crates and features are others than those of the record.
pub(super) fn print_growth(
    path: &Path,
    network: &str,
    crates: &LinkedCrates,
    out: &mut dyn Write,
) -> Result<(), Error> {
    let records = parse(path, &golden::read(path, false)?)?;
    let Some(recorded) = records.get(network).and_then(|it| it.crates.as_ref()) else {
        writeln!(
            out,
            "{}: no crates of the {network} network are recorded, so that what changed is unknown; `bazel run` this test with -- --update before the next change",
            path.display()
        )?;
        return Ok(());
    };
    let changes = growth::changes(recorded, crates);
    if changes.is_empty() {
        writeln!(
            out,
            "the same crates, versions and features as {} has",
            path.display()
        )?;
        return Ok(());
    }
    writeln!(out, "crates since {}", path.display())?;
    for change in changes {
        writeln!(out, "  {change}")?;
    }
    writeln!(
        out,
        "features are united over the workspace; every path to a feature of CRATE:\n    cargo tree --workspace --edges features --invert CRATE"
    )?;
    Ok(())
}
