//! The command line.

use std::ffi::OsString;
use std::fmt::Display;
use std::io::Write;
use std::path::PathBuf;

use lexopt::{Arg, Parser, ValueExt};
use link_tool::Graph;

use crate::bom::Bom;
use crate::{check, cyclonedx, files, referrers, spdx_json, Error};

const HELP: &str = "\
SBOMs of an image.

sbom generate --targets FILE --lock FILE --base LAYOUT --output DIR
    Writes sbom.cdx.json (CycloneDX 1.6) and sbom.spdx.json (SPDX 2.3) into DIR. The FILEs are the crates that Bazel
    links (one JSON object per line) and Cargo.lock. LAYOUT is the image's base.
sbom referrers --image LAYOUT --sbom DIR --output DIR --tag FILE
    Writes a layout of artifacts that refer to the image, and the file with the tag to push the layout under.
sbom check --binary FILE --sbom DIR --policy FILE
    Checks that SBOMs and program list the same crates, and that the policy (cargo-deny's deny.toml) allows all licenses.
sbom licenses --metadata FILE --policy FILE
    Checks the licenses of all crates in the output of `cargo metadata`.

Exits with 0 on success, 1 if a check fails, 2 if a file cannot be read or written, 64 after a usage error.
";

/// Options by name; each subcommand requires all of its options.
#[derive(Default)]
struct Options(Vec<(&'static str, OsString)>);

impl Options {
    fn read(parser: &mut Parser, names: &[&'static str]) -> Result<Self, Error> {
        let mut options = Self::default();
        while let Some(argument) = parser.next().map_err(usage)? {
            let found = match &argument {
                Arg::Long(name) => names.iter().find(|it| *it == name),
                _ => None,
            };
            let Some(name) = found else {
                return Err(usage(argument.unexpected()));
            };
            options.0.push((name, parser.value().map_err(usage)?));
        }
        match names.iter().find(|name| options.find(name).is_none()) {
            Some(missing) => Err(Error::Usage(format!("missing --{missing}"))),
            None => Ok(options),
        }
    }

    fn find(&self, name: &str) -> Option<&OsString> {
        self.0.iter().find(|(it, _)| *it == name).map(|(_, value)| value)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.find(name).map(PathBuf::from).unwrap_or_default()
    }
}

/// Runs the subcommand given by the arguments, the first of which is the program's name; false if a check failed.
///
/// # Errors
/// If an argument is invalid, a file cannot be read or written, or its content is invalid.
pub fn run(arguments: impl IntoIterator<Item = OsString>, out: &mut dyn Write) -> Result<bool, Error> {
    let mut parser = Parser::from_iter(arguments);
    let command = match parser.next().map_err(usage)? {
        Some(Arg::Value(command)) => command.string().map_err(usage)?,
        Some(Arg::Long("help") | Arg::Short('h')) => {
            out.write_all(HELP.as_bytes())?;
            return Ok(true);
        }
        Some(argument) => return Err(usage(argument.unexpected())),
        None => return Err(Error::Usage("missing subcommand".to_owned())),
    };
    let mut options = |names: &[&'static str]| Options::read(&mut parser, names);
    match command.as_str() {
        "generate" => generate(&options(&["targets", "lock", "base", "output"])?),
        "referrers" => {
            let options = options(&["image", "sbom", "output", "tag"])?;
            let tag = referrers::write(
                &options.path("image"),
                &options.path("sbom"),
                &options.path("output"),
            )?;
            files::write(&options.path("tag"), tag + "\n")?;
            Ok(true)
        }
        "check" => {
            let options = options(&["binary", "sbom", "policy"])?;
            let options = check::Options {
                binary: options.path("binary"),
                sbom: options.path("sbom"),
                policy: options.path("policy"),
            };
            check::run(&options, out)
        }
        "licenses" => {
            let options = options(&["metadata", "policy"])?;
            check::run_licenses(&options.path("metadata"), &options.path("policy"), out)
        }
        _ => Err(Error::Usage(format!("unknown subcommand {command:?}"))),
    }
}

fn generate(options: &Options) -> Result<bool, Error> {
    let graph = Graph::read(&options.path("targets"), &options.path("lock"))?;
    let base = image_check::read_debian_packages(&options.path("base"))?;
    let bom = Bom::new(&graph, &base.packages, base.distribution.as_deref())?;
    let output = options.path("output");
    files::create_dir(&output)?;
    for (file, document) in [
        (referrers::CYCLONEDX, cyclonedx::document(&bom)),
        (referrers::SPDX, spdx_json::document(&bom)),
    ] {
        files::write(&output.join(file.file_name), files::pretty(&document))?;
    }
    Ok(true)
}

fn usage(error: impl Display) -> Error {
    Error::Usage(error.to_string())
}
