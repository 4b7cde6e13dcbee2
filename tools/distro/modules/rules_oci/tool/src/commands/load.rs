//! `oci-tool tarball` and `oci-tool load`: the archive for a container engine, to a file or into the engine.

use std::env;
use std::io::{self, Write};
use std::path::PathBuf;

use crate::archive::{self, Format, Summary};
use crate::attributes;
use crate::engine::Engine;
use crate::engine_layers::Chains;
use crate::error::{Located, Problem, Result};
use crate::layout::Layout;
use crate::options::{required, unknown, Options};
use crate::output;
use crate::spec::media_type;
use crate::units::kilobytes;

#[derive(Default)]
struct LoadOptions {
    image: Option<PathBuf>,
    tags: Option<PathBuf>,
    format: Option<String>,
    loader: Option<PathBuf>,
    output: Option<PathBuf>,
    target: String,
}

/// `--image DIR --format docker|oci [--tags FILE] --output FILE [--target LABEL]`
pub fn run_tarball(options: Options) -> Result<()> {
    let options = parse(options)?;
    let path = required("output", options.output.clone())?;
    let write = || {
        let request = Request::new(&options)?;
        output::write(&path, |file| request.write(&Chains::default(), file))
    };
    write().in_target(&options.target).map(drop)
}

/// `--image DIR --format docker|oci [--tags FILE] [--loader FILE] [--target LABEL]`
pub fn run_load(options: Options) -> Result<()> {
    let options = parse(options)?;
    let load = || {
        let request = Request::new(&options)?;
        let engine = Engine::find(options.loader.as_deref(), env::var_os("PATH").as_deref())?;
        if engine.has(&request.tags, &request.identities()?) {
            let summary = archive::summarize(&request.layout)?;
            return report(&request.tags, &summary, ", already there");
        }
        let loaded = request.load(&engine);
        let summary = match engine {
            Engine::Given(_) => loaded.in_attribute("loader")?,
            Engine::Known(_) => loaded?,
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
            _ => return unknown(&name),
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
            Some(path) => attributes::read_words(path).in_attribute("repo_tags")?,
            None => vec![],
        };
        for tag in &tags {
            archive::check_tag(tag)
                .map_err(Into::into)
                .in_attribute("repo_tags")?;
        }
        Ok(Self {
            layout: Layout::open(image).in_attribute("image")?,
            format: parse_format(options.format.as_deref())?,
            tags,
        })
    }

    /// What an engine may call the image: docker by the config, or as it is stored by containerd.
    fn identities(&self) -> Result<Vec<String>> {
        let root = self.layout.root().in_attribute("image")?;
        let mut known = vec![root.digest.to_string()];
        if !media_type::is_index(&root.media_type) {
            let image = self.layout.image().in_attribute("image")?;
            known.push(image.manifest.config.digest.to_string());
        }
        Ok(known)
    }

    /// Sends the layers that the engine lacks. On failure sends all: images may be removed in the meantime.
    fn load(&self, engine: &Engine) -> Result<Summary> {
        let (present, none) = (engine.layers(), Chains::default());
        let loaded = engine.load(|output| self.write(&present, output));
        match loaded {
            Err(_) if present != none => engine.load(|output| self.write(&none, output)),
            loaded => loaded,
        }
    }

    fn write(&self, present: &Chains, output: &mut dyn Write) -> Result<Summary> {
        archive::write(&self.layout, self.format, &self.tags, present, output)
    }
}

fn parse_format(name: Option<&str>) -> Result<Format> {
    match name {
        Some("docker") => Ok(Format::Docker),
        Some("oci") => Ok(Format::Oci),
        _ => Err(Problem::Usage("--format is docker or oci".into()).into()),
    }
}

fn report(tags: &[String], summary: &Summary, remark: &str) -> Result<()> {
    let names = match tags {
        [] => &["(no tag)".to_owned()],
        tags => tags,
    };
    let mut output = io::stdout().lock();
    for name in names {
        let size = kilobytes(summary.size);
        let written = writeln!(output, "{name} {} {size} compressed{remark}", summary.digest);
        written.map_err(|source| Problem::io("writing to standard output", source))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;
    use crate::digest::of_bytes;
    use crate::engine::tests::script;
    use crate::image::{assemble, ImageSpec, LayerFile};
    use crate::scratch::Scratch;

    const LOWER: &[u8] = include_bytes!("../../tests/vectors/layers/a.tar");
    const UPPER: &[u8] = include_bytes!("../../tests/vectors/layers/b.tar");

    fn request(scratch: &Scratch) -> Request {
        let layer = |(name, content)| LayerFile {
            tar: scratch.file(name, content),
            description: None,
        };
        let mut spec = ImageSpec {
            layers: [("lower", LOWER), ("upper", UPPER)].map(layer).into(),
            ..ImageSpec::default()
        };
        spec.platform.os = "linux".into();
        spec.platform.architecture = "amd64".into();
        let image = scratch.path().join("image");
        assemble(&spec, &image).unwrap();
        Request {
            layout: Layout::open(&image).unwrap(),
            format: Format::Docker,
            tags: vec!["app:1".into()],
        }
    }

    /// An engine with the lower layer, whose first load is kept in `1.tar` and ends with a status.
    fn docker(scratch: &Scratch, name: &str, status: u8) -> Engine {
        let (directory, lower) = (scratch.path().display(), of_bytes(LOWER));
        let body = format!(
            r#"case "$1 $2" in
                "info --format") echo null ;;
                "image ls") echo 1 ;;
                "image inspect") echo '["{lower}"]' ;;
                *)  test ! -e {directory}/1.tar || exec cat > {directory}/2.tar
                    cat > {directory}/1.tar
                    exit {status} ;;
            esac"#
        );
        Engine::Known(script(scratch, name, &body))
    }

    fn holds(archive: &Path, content: &[u8]) -> bool {
        let archive = fs::read(archive).unwrap();
        let name = format!("blobs/sha256/{}", of_bytes(content).encoded());
        let mut archive = tar::Archive::new(&archive[..]);
        let mut entries = archive.entries().unwrap();
        entries.any(|entry| entry.unwrap().path().unwrap() == Path::new(&name))
    }

    #[test]
    fn docker_is_sent_missing_layers() {
        let scratch = Scratch::new();
        let request = request(&scratch);
        let summary = request.load(&docker(&scratch, "docker", 0)).unwrap();
        let archive = scratch.path().join("1.tar");
        assert!(!holds(&archive, LOWER) && holds(&archive, UPPER));
        assert!(!scratch.path().join("2.tar").exists());
        assert_eq!(summary.size, (LOWER.len() + UPPER.len()) as u64);
    }

    #[test]
    fn failed_load_is_repeated_whole() {
        let scratch = Scratch::new();
        let request = request(&scratch);
        request.load(&docker(&scratch, "docker", 1)).unwrap();
        let archive = scratch.path().join("2.tar");
        assert!(holds(&archive, LOWER) && holds(&archive, UPPER));
    }

    #[test]
    fn other_engines_are_sent_all() {
        let scratch = Scratch::new();
        let request = request(&scratch);
        let podman = docker(&scratch, "podman", 1);
        assert!(request.load(&podman).is_err());
        let archive = scratch.path().join("1.tar");
        assert!(holds(&archive, LOWER) && holds(&archive, UPPER));
        assert!(!scratch.path().join("2.tar").exists());
    }
}
