//! `oci-tool tarball` and `oci-tool load`: write the archive for a container engine to a file or into the engine.

use std::collections::HashSet;
use std::env;
use std::io::{self, Write};
use std::path::PathBuf;

use crate::archive::{self, Contents, Format, Summary};
use crate::attributes;
use crate::engine::Engine;
use crate::error::{LocationContext, Problem, Result};
use crate::layout::Layout;
use crate::load::Load;
use crate::options::{required, unknown_option, Options};
use crate::output;
use crate::units::format_size;

#[derive(Default)]
struct LoadOptions {
    image: Option<PathBuf>,
    tags: Option<PathBuf>,
    format: Option<String>,
    loader: Option<PathBuf>,
    output: Option<PathBuf>,
    target: String,
    help: bool,
}

const HELP: &str = "\
Loads an image into the first of docker, podman and nerdctl on PATH that responds, or into the target's `loader`.

usage: bazel run TARGET

The target sets all options of the program.
";

/// `--image DIR --format docker|oci [--tags FILE] --output FILE [--target LABEL]`
pub fn run_tarball(options: Options) -> Result<()> {
    let options = parse(options)?;
    let path = required("output", options.output.clone())?;
    let write = || {
        let request = Request::new(&options)?;
        let contents = Contents {
            format: request.format,
            tags: &request.tags,
            omitted: &HashSet::new(),
        };
        output::write(&path, |file| archive::write(&request.layout, &contents, file))
    };
    write().in_target(&options.target).map(drop)
}

/// `--image DIR --format docker|oci [--tags FILE] [--loader FILE] [--target LABEL]`
pub fn run_load(options: Options) -> Result<()> {
    let options = parse(options)?;
    if options.help {
        return print(&mut io::stdout().lock(), HELP);
    }
    let load = || {
        let request = Request::new(&options)?;
        let engine = Engine::find(options.loader.as_deref(), env::var_os("PATH").as_deref())?;
        let load = Load::new(&request.layout, request.format, &request.tags, &engine)?;
        if load.is_loaded() {
            let summary = archive::summarize(&request.layout)?;
            return report(&request.tags, &summary, ", already there");
        }
        let loaded = load.run();
        let summary = match engine {
            Engine::Configured(_) => loaded.in_attribute("loader")?,
            Engine::Detected(_) => loaded?,
        };
        report(&request.tags, &summary, "")
    };
    load().in_target(&options.target)
}

fn parse(mut options: Options) -> Result<LoadOptions> {
    let mut parsed = LoadOptions::default();
    while let Some(name) = options.next_name()? {
        match name.as_str() {
            "image" => parsed.image = Some(options.path()?),
            "tags" => parsed.tags = Some(options.path()?),
            "format" => parsed.format = Some(options.text()?),
            "loader" => parsed.loader = Some(options.path()?),
            "output" => parsed.output = Some(options.path()?),
            "target" => parsed.target = options.text()?,
            "help" => parsed.help = true,
            _ => return unknown_option(&name),
        }
    }
    Ok(parsed)
}

struct Request {
    layout: Layout,
    format: Format,
    tags: Vec<String>,
}

impl Request {
    fn new(options: &LoadOptions) -> Result<Self> {
        let image = required("image", options.image.as_deref())?;
        let tags = match &options.tags {
            Some(path) => attributes::read_tags(path).in_attribute("repo_tags")?,
            None => vec![],
        };
        for tag in &tags {
            archive::check_tag(tag)
                .map_err(Into::into)
                .in_attribute("repo_tags")?;
        }
        let layout = Layout::open(image).in_attribute("image")?;
        let format = parse_format(options.format.as_deref())?;
        archive::check_format(&layout, format, &tags)?;
        Ok(Self { layout, format, tags })
    }
}

fn parse_format(name: Option<&str>) -> Result<Format> {
    match name {
        Some("docker") => Ok(Format::Docker),
        Some("oci") => Ok(Format::Oci),
        Some(other) => {
            Err(Problem::Usage(format!("invalid --format {other:?}: expected docker or oci")).into())
        }
        None => required("format", None),
    }
}

fn report(tags: &[String], summary: &Summary, remark: &str) -> Result<()> {
    let names = match tags {
        [] => &["(no tag)".to_owned()],
        tags => tags,
    };
    let mut output = io::stdout().lock();
    for name in names {
        let size = format_size(summary.size);
        print(
            &mut output,
            &format!("{name} {} {size} compressed{remark}\n", summary.digest),
        )?;
    }
    Ok(())
}

fn print(output: &mut impl Write, text: &str) -> Result<()> {
    let written = output.write_all(text.as_bytes());
    written.map_err(|source| Problem::io("writing to standard output", source).into())
}
