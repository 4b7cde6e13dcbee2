//! `oci-tool base`: composes a base image's layer.

use std::path::Path;

use crate::base::{self, Kind, Package};
use crate::error::{IoContext, LocationContext, Problem, Result};
use crate::options::{required, unknown_option, Options};
use crate::output;

/// `--kind static|busybox (--package NAME --files TAR --control FILE)... --output FILE [--target LABEL]`
pub fn run(mut options: Options) -> Result<()> {
    let (mut kind, mut output, mut target) = (None, None, String::new());
    let mut packages: Vec<Package> = vec![];
    while let Some(name) = options.next_name()? {
        match name.as_str() {
            "kind" => kind = Some(parse_kind(&options.text()?)?),
            "package" => packages.push(Package::named(options.text()?)),
            "files" => last_package(&mut packages)?.files = options.path()?,
            "control" => last_package(&mut packages)?.control = options.path()?,
            "output" => output = Some(options.path()?),
            "target" => target = options.text()?,
            _ => return unknown_option(&name),
        }
    }
    let (kind, output) = (required("kind", kind)?, required("output", output)?);
    compose(kind, &packages, &output).in_target(&target)
}

fn compose(kind: Kind, packages: &[Package], output: &Path) -> Result<()> {
    let tree = base::compose(kind, packages)?;
    output::write(output, |file| tree.write_gzip(file).context("writing", output))
}

fn parse_kind(name: &str) -> Result<Kind> {
    Kind::parse(name)
        .ok_or_else(|| Problem::Usage(format!("invalid --kind {name:?}: expected static or busybox")).into())
}

fn last_package(packages: &mut [Package]) -> Result<&mut Package> {
    packages.last_mut().ok_or_else(|| {
        Problem::Usage("unexpected --files or --control: expected --package before it".into()).into()
    })
}
