//! `oci-push push`: pushes an image or an image index to a registry.

use std::env;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde_json::json;

use crate::push::{push, Step};
use crate::registry::{check_tag, Client, Keychain, Policy, Proxies, Repository};
use oci_tool::attributes;
use oci_tool::error::{Error, IoContext, LocationContext, Problem, Result};
use oci_tool::layout::Layout;
use oci_tool::options::{required, unknown_option, Options};
use oci_tool::units::format_size;

#[derive(Default)]
struct PushOptions {
    image: Option<PathBuf>,
    repository: Option<String>,
    repository_file: Option<PathBuf>,
    tags_file: Option<PathBuf>,
    tags: Vec<String>,
    insecure: bool,
    nondistributable: bool,
    verbose: bool,
    digest_file: Option<PathBuf>,
    json: Option<PathBuf>,
    target: String,
}

const HELP: &str = "\
Pushes an image or an image index to a registry.

usage: bazel run TARGET -- OPTION...

  -r, --repository NAME  the repository, instead of that of the target
  -t, --tag TAG          an additional tag; may be repeated
  --insecure             plain HTTP, the default for registries on this machine
  --allow-nondistributable-artifacts
                         also push layers that the base's license does not allow to redistribute
  --digest-file FILE     write the digest to FILE
  --json FILE            write the reference, the digest, the size and the tags to FILE
  --platform PLATFORM    accepted and ignored: all platforms of an index are pushed
  -v, --verbose          print the blobs that the registry already has

Prints a line for each tag, and last the reference with the digest. Exits with 0 on success, 1 if the push fails, 64 after a
usage error.
";

/// `--image DIR [--repository NAME | --repository-file FILE] [--tags FILE] [--target LABEL]`, then the user's arguments.
pub fn run(options: Options) -> Result<()> {
    match parse(options)? {
        Some(options) => push_image(&options).in_target(&options.target),
        None => print_line(&mut io::stdout().lock(), HELP.trim_end()),
    }
}

/// Returns None for `--help`.
fn parse(options: Options) -> Result<Option<PushOptions>> {
    let mut options =
        options.with_short_names(&[('h', "help"), ('r', "repository"), ('t', "tag"), ('v', "verbose")]);
    let mut parsed = PushOptions::default();
    while let Some(name) = options.next_name()? {
        match name.as_str() {
            "image" => parsed.image = Some(options.path()?),
            "repository" => parsed.repository = Some(options.text()?),
            "repository-file" => parsed.repository_file = Some(options.path()?),
            "tags" => parsed.tags_file = Some(options.path()?),
            "tag" => parsed.tags.push(options.text()?),
            "insecure" => parsed.insecure = true,
            "allow-nondistributable-artifacts" => parsed.nondistributable = true,
            "verbose" => parsed.verbose = true,
            // Accepted and ignored, as in rules_oci: a layout is pushed whole.
            "platform" => drop(options.text()?),
            "digest-file" => parsed.digest_file = Some(options.path()?),
            "json" => parsed.json = Some(options.path()?),
            "target" => parsed.target = options.text()?,
            "help" => return Ok(None),
            _ => return unknown_option(&name),
        }
    }
    Ok(Some(parsed))
}

fn push_image(options: &PushOptions) -> Result<()> {
    let image = required("image", options.image.as_deref())?;
    let repository = repository(options)?;
    let tags = tags(options)?;
    let layout = Layout::open(image).in_attribute("image")?;
    let root = layout.root().in_attribute("image")?;
    let client = Client::new(
        repository,
        options.insecure,
        Keychain::from_environment(),
        Proxies::from_environment(),
        Policy::default(),
    )
    .in_attribute("repository")?;
    let pushed = push(
        &layout,
        &client,
        &tags,
        options.nondistributable,
        &mut |blob, step| {
            let size = format_size(blob.size);
            match step {
                Step::Sending => eprintln!("pushing {} ({size})", blob.digest),
                Step::Present if options.verbose => eprintln!("present {} ({size})", blob.digest),
                Step::Present => {}
            }
        },
    )?;
    let repository = client.repository();
    let reference = format!("{repository}@{}", root.digest);
    eprintln!(
        "pushed {} blobs and manifests ({}), {} already present",
        pushed.sent,
        format_size(pushed.sent_bytes),
        pushed.present
    );
    if let Some(path) = &options.digest_file {
        write_atomically(path, &format!("{}\n", root.digest))?;
    }
    if let Some(path) = &options.json {
        let report = json!({
            "reference": reference,
            "repository": repository.to_string(),
            "digest": root.digest.as_str(),
            "mediaType": root.media_type,
            "size": root.size,
            "tags": tags,
        });
        write_atomically(path, &format!("{report}\n"))?;
    }
    let mut output = io::stdout().lock();
    for tag in &tags {
        print_line(&mut output, &format!("{repository}:{tag}"))?;
    }
    print_line(&mut output, &reference)
}

fn print_line(output: &mut impl Write, line: &str) -> Result<()> {
    let written = writeln!(output, "{line}");
    written.map_err(|source| Problem::io("writing to standard output", source).into())
}

fn repository(options: &PushOptions) -> Result<Repository> {
    if let Some(name) = &options.repository {
        let repository = Repository::parse(name).map_err(Error::into_usage);
        return repository.in_attribute("repository");
    }
    let Some(path) = &options.repository_file else {
        return Err(missing_repository(
            options,
            "set `repository` or `repository_file`",
        ));
    };
    let name = attributes::read_text(path).in_attribute("repository_file")?;
    if name.trim().is_empty() {
        let fix = format!(
            "`repository_file` {} is empty; write the name to it",
            path.display()
        );
        return Err(missing_repository(options, &fix));
    }
    Repository::parse(name.trim_end_matches('\n')).in_attribute("repository_file")
}

fn missing_repository(options: &PushOptions, fix: &str) -> Error {
    let target = &options.target;
    Problem::Usage(format!(
        "missing repository: {fix}, or pass one:\n    \
         bazel run {target} -- --repository ghcr.io/my-team/my-service"
    ))
    .into()
}

fn tags(options: &PushOptions) -> Result<Vec<String>> {
    let mut tags: Vec<String> = vec![];
    let mut add = |tag: &str| -> Result<()> {
        check_tag(tag)?;
        if !tags.iter().any(|known| known == tag) {
            tags.push(tag.to_owned());
        }
        Ok(())
    };
    if let Some(path) = &options.tags_file {
        let listed = attributes::read_tags(path).in_attribute("remote_tags")?;
        let mut listed = listed.iter().map(String::as_str);
        listed.try_for_each(&mut add).in_attribute("remote_tags")?;
    }
    options
        .tags
        .iter()
        .try_for_each(|tag| add(tag).map_err(Error::into_usage))?;
    Ok(tags)
}

/// Writes a file atomically, relative to the user's directory; `bazel run` changes to another one.
fn write_atomically(path: &Path, text: &str) -> Result<()> {
    let directory = env::var_os("BUILD_WORKING_DIRECTORY").unwrap_or_default();
    let path = Path::new(&directory).join(path);
    let mut temporary = path.clone().into_os_string();
    temporary.push(format!(".{}", std::process::id()));
    let written = fs::write(&temporary, text).and_then(|()| fs::rename(&temporary, &path));
    if written.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    written.context("writing", &path)
}
