//! Recorded sizes: a committed file, so that reviews show the cost of a change.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use object::elf::FileHeader64;
use object::read::elf::FileHeader;
use object::Endianness;
use serde::{Deserialize, Serialize};

use super::crate_changes;
use super::linked::{self, Features, LinkedCrates};
use super::table::LayerSize;
use crate::golden;
use crate::report::{bytes, Report};
use crate::tree::Tree;
use crate::Error;

/// Tolerated difference: 1 % of the recorded size, but at least this many bytes.
const MIN_TOLERANCE: u64 = 4096;
const TOLERANCE_DIVISOR: u64 = 100;

/// The sizes that a service adds to its base.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Record {
    /// The compilers and the linker, as named in the program: sizes of other ones are not comparable.
    built_with: String,
    /// Size of the program in bytes.
    binary: u64,
    /// Compressed size of the layers above the base in bytes.
    layers: u64,
    /// The program's crates with their features; a failure prints the difference.
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
                "no file {program} in the image: fix the path of --record"
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

/// The content of section `.comment`: the names of compilers and linker.
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

type Records = BTreeMap<String, Record>;

fn read(path: &Path) -> Result<Records, Error> {
    serde_json::from_str(&golden::read(path, false)?).map_err(|error| {
        Error::Input(format!(
            "{}: invalid size records: {error}; to replace the file, `bazel run` this test with -- --update",
            path.display()
        ))
    })
}

/// Writes the record of `network`; keeps those of other networks, unless the file is invalid.
pub(super) fn update(path: &Path, network: &str, found: Record, out: &mut dyn Write) -> Result<bool, Error> {
    let mut records: Records = serde_json::from_str(&golden::read(path, true)?).unwrap_or_default();
    records.insert(network.to_owned(), found);
    let json = serde_json::to_string_pretty(&records).map_err(|error| Error::failed(error.to_string()))?;
    writeln!(out, "wrote {}", golden::write(path, &(json + "\n"))?.display())?;
    Ok(true)
}

pub(super) fn check(path: &Path, network: &str, found: &Record, report: &mut Report) -> Result<(), Error> {
    let records = read(path)?;
    let file = path.display().to_string();
    let Some(recorded) = records.get(network) else {
        let shown = format!("not compared: no sizes of the {network} network are recorded");
        report.check(&file, format!("sizes of the {network} network"), shown, true, "");
        return Ok(());
    };
    if recorded.built_with != found.built_with {
        let shown = format!("not compared: built with {}", found.built_with);
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
    let tolerance = (recorded / TOLERANCE_DIVISOR).max(MIN_TOLERANCE);
    let sign = if found < recorded { '-' } else { '+' };
    let difference = recorded.abs_diff(found);
    report.check(
        name,
        format!("{} ± {}", bytes(recorded), bytes(tolerance)),
        format!("{} ({sign}{})", bytes(found), bytes(difference)),
        difference <= tolerance,
        "to accept the change, `bazel run` this test with -- --update and commit the file",
    );
}

/// Prints the difference to the recorded crates and features.
pub(super) fn print_crate_changes(
    path: &Path,
    network: &str,
    crates: &LinkedCrates,
    out: &mut dyn Write,
) -> Result<(), Error> {
    let records = read(path)?;
    let Some(recorded) = records.get(network).and_then(|it| it.crates.as_ref()) else {
        writeln!(
            out,
            "{}: no crates of the {network} network are recorded; `bazel run` this test with -- --update before the next change",
            path.display()
        )?;
        return Ok(());
    };
    let changes = crate_changes::changes(recorded, crates);
    if changes.is_empty() {
        writeln!(
            out,
            "crates, versions and features are those of {}",
            path.display()
        )?;
        return Ok(());
    }
    writeln!(out, "crates since {}", path.display())?;
    for change in changes {
        writeln!(out, "  {change}")?;
    }
    // The closed network has cargo in the build root only. Any member names the workspace.
    let cargo = if network == "closed" {
        "tools/distro/shell cargo"
    } else {
        "cargo"
    };
    let manifest = crates.values().find_map(|it| it.manifest.as_deref());
    writeln!(
        out,
        "features are unified over the workspace; to list the dependents of a feature of CRATE:\n    \
         {cargo} tree --manifest-path {} --workspace --edges features --invert CRATE@VERSION",
        manifest.unwrap_or("Cargo.toml")
    )?;
    Ok(())
}
