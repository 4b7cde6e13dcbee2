//! `oci-push cosign`: runs cosign to sign or attest an image in a registry.

use std::env;
use std::ffi::OsString;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::Command;

use crate::registry::Repository;
use oci_tool::error::{Error, LocationContext, Problem, Result};
use oci_tool::layout::Layout;
use oci_tool::options::required;

#[derive(Default)]
struct CosignOptions {
    verb: Option<String>,
    image: Option<PathBuf>,
    repository: Option<String>,
    predicate: Option<PathBuf>,
    kind: Option<String>,
    target: String,
    rest: Vec<OsString>,
}

/// `--verb sign|attest --image DIR [--repository NAME] [--predicate FILE --type TYPE] [--target LABEL]`,
/// then the user's arguments: `[--repository NAME]` and flags of cosign.
pub fn run(arguments: impl Iterator<Item = OsString>) -> Result<()> {
    let options = parse(arguments)?;
    exec(&options).in_target(&options.target)
}

fn parse(mut arguments: impl Iterator<Item = OsString>) -> Result<CosignOptions> {
    let mut parsed = CosignOptions::default();
    while let Some(argument) = arguments.next() {
        let text = argument.to_str().unwrap_or_default();
        let (name, inline) = match text.split_once('=') {
            Some((name, value)) => (name, Some(OsString::from(value))),
            None => (text, None),
        };
        let known = [
            "--verb",
            "--image",
            "--repository",
            "--predicate",
            "--type",
            "--target",
        ];
        if !known.contains(&name) {
            parsed.rest.push(argument);
            continue;
        }
        let value = inline.or_else(|| arguments.next());
        let value = value.ok_or_else(|| Problem::Usage(format!("missing value of option {name}")))?;
        let text = value.to_string_lossy().into_owned();
        match name {
            "--verb" => parsed.verb = Some(text),
            "--image" => parsed.image = Some(value.into()),
            "--predicate" => parsed.predicate = Some(value.into()),
            "--type" => parsed.kind = Some(text),
            "--target" => parsed.target = text,
            _ => parsed.repository = Some(text),
        }
    }
    Ok(parsed)
}

fn exec(options: &CosignOptions) -> Result<()> {
    let mut command = command(options)?;
    // Paths of keys are relative to the user's directory; `bazel run` changes to another one.
    if let Some(directory) = env::var_os("BUILD_WORKING_DIRECTORY") {
        command.current_dir(directory);
    }
    let program = command.get_program().to_string_lossy().into_owned();
    let found = command.exec();
    let fix = match found.kind() {
        io::ErrorKind::NotFound => "install it:\n    apt install cosign",
        _ => "check that it is an executable for this machine",
    };
    Err(Problem::CosignFailed { program, found, fix }.into())
}

fn command(options: &CosignOptions) -> Result<Command> {
    let image = required("image", options.image.as_deref())?;
    let name = options.repository.as_deref().ok_or_else(|| {
        let target = &options.target;
        Problem::Usage(format!(
            "missing repository: set `repository`, or pass one:\n    \
             bazel run {target} -- --repository ghcr.io/my-team/my-service"
        ))
    })?;
    let repository = Repository::parse(name).map_err(Error::into_usage);
    let repository = repository.in_attribute("repository")?;
    let layout = Layout::open(image).in_attribute("image")?;
    let root = layout.root().in_attribute("image")?;
    let mut command = Command::new("cosign");
    command.arg(required("verb", options.verb.as_deref())?);
    if let Some(predicate) = &options.predicate {
        command.arg("--predicate").arg(predicate);
    }
    if let Some(kind) = &options.kind {
        command.args(["--type", kind]);
    }
    command.args(&options.rest);
    command.arg(format!("{repository}@{}", root.digest));
    Ok(command)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passes_flags_to_cosign() {
        let line =
            "--verb sign --image i --repository a.io/x --target //:t --key k --repository=b.io/y -r --yes";
        let parsed = parse(line.split(' ').map(OsString::from)).unwrap();
        assert_eq!(parsed.repository.as_deref(), Some("b.io/y"));
        assert_eq!(parsed.rest, ["--key", "k", "-r", "--yes"]);
        assert_eq!(parsed.target, "//:t");
    }
}
