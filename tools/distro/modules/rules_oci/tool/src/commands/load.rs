//! `oci-tool tarball` and `oci-tool load`: write the archive for a container engine to a file or into the engine.

use std::env;
use std::io::{self, Write};
use std::path::PathBuf;

use crate::archive::{self, Format, Summary};
use crate::attributes;
use crate::engine::Engine;
use crate::error::{LocationContext, Problem, Result};
use crate::layout::Layout;
use crate::options::{required, unknown_option, Options};
use crate::output;
use crate::spec::media_type;
use crate::stored_layers::StoredLayers;
use crate::units::format_size;

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
        output::write(&path, |file| request.write(&StoredLayers::default(), file))
    };
    write().in_target(&options.target).map(drop)
}

/// `--image DIR --format docker|oci [--tags FILE] [--loader FILE] [--target LABEL]`
pub fn run_load(options: Options) -> Result<()> {
    let options = parse(options)?;
    let load = || {
        let request = Request::new(&options)?;
        let engine = Engine::find(options.loader.as_deref(), env::var_os("PATH").as_deref())?;
        if engine.has_image(&request.tags, &request.image_ids()?) {
            let summary = archive::summarize(&request.layout)?;
            return report(&request.tags, &summary, ", already there");
        }
        let loaded = request.load(&engine);
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
        Ok(Self {
            layout: Layout::open(image).in_attribute("image")?,
            format: parse_format(options.format.as_deref())?,
            tags,
        })
    }

    /// The digests that an engine may report as the image's ID: docker reports the config's, containerd the manifest's.
    fn image_ids(&self) -> Result<Vec<String>> {
        let root = self.layout.root().in_attribute("image")?;
        let mut digests = vec![root.digest.to_string()];
        if !media_type::is_index(&root.media_type) {
            let image = self.layout.image().in_attribute("image")?;
            digests.push(image.manifest.config.digest.to_string());
        }
        Ok(digests)
    }

    /// Sends the layers that the engine lacks. On failure sends all, because images may be removed concurrently.
    fn load(&self, engine: &Engine) -> Result<Summary> {
        let (stored, none) = (engine.stored_layers(), StoredLayers::default());
        let loaded = engine.load(|output| self.write(&stored, output));
        match loaded {
            Err(_) if stored != none => engine.load(|output| self.write(&none, output)),
            loaded => loaded,
        }
    }

    fn write(&self, stored: &StoredLayers, output: &mut dyn Write) -> Result<Summary> {
        archive::write(&self.layout, self.format, &self.tags, stored, output)
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

    /// An engine that stores the lower layer. It writes its first load to `1.tar` and exits with `status`.
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
        Engine::Detected(script(scratch, name, &body))
    }

    fn contains(archive: &Path, content: &[u8]) -> bool {
        let archive = fs::read(archive).unwrap();
        let name = format!("blobs/sha256/{}", of_bytes(content).encoded());
        let mut archive = tar::Archive::new(&archive[..]);
        let mut entries = archive.entries().unwrap();
        entries.any(|entry| entry.unwrap().path().unwrap() == Path::new(&name))
    }

    #[test]
    fn sends_missing_layers_to_docker() {
        let scratch = Scratch::new();
        let request = request(&scratch);
        let summary = request.load(&docker(&scratch, "docker", 0)).unwrap();
        let archive = scratch.path().join("1.tar");
        assert!(!contains(&archive, LOWER) && contains(&archive, UPPER));
        assert!(!scratch.path().join("2.tar").exists());
        assert_eq!(summary.size, (LOWER.len() + UPPER.len()) as u64);
    }

    #[test]
    fn retries_failed_load_with_all_layers() {
        let scratch = Scratch::new();
        let request = request(&scratch);
        request.load(&docker(&scratch, "docker", 1)).unwrap();
        let archive = scratch.path().join("2.tar");
        assert!(contains(&archive, LOWER) && contains(&archive, UPPER));
    }

    #[test]
    fn sends_all_layers_to_podman() {
        let scratch = Scratch::new();
        let request = request(&scratch);
        let podman = docker(&scratch, "podman", 1);
        assert!(request.load(&podman).is_err());
        let archive = scratch.path().join("1.tar");
        assert!(contains(&archive, LOWER) && contains(&archive, UPPER));
        assert!(!scratch.path().join("2.tar").exists());
    }
}
