//! Loads an image into a container engine without the layers that the engine stores.

use std::collections::HashSet;

use crate::archive::{self, Contents, Format, Summary};
use crate::engine::Engine;
use crate::error::{LocationContext, Result};
use crate::image_store::{find_diff_ids, ImageStore};
use crate::layout::{Image, Layout};
use crate::spec::{media_type, Descriptor, Digest};

/// An image or an index for an engine.
pub struct Load<'a> {
    layout: &'a Layout,
    format: Format,
    tags: &'a [String],
    engine: &'a Engine,
    store: ImageStore,
    root: &'a Descriptor,
    /// The image, or those of the index.
    images: Vec<Image>,
}

impl<'a> Load<'a> {
    /// Reads the image's documents and determines the engine's store.
    pub fn new(layout: &'a Layout, format: Format, tags: &'a [String], engine: &'a Engine) -> Result<Self> {
        let root = layout.root().in_attribute("image")?;
        let images = match media_type::is_index(&root.media_type) {
            true => layout.images(),
            false => layout.image().map(|image| vec![image]),
        };
        Ok(Self {
            layout,
            format,
            tags,
            engine,
            store: ImageStore::detect(engine),
            root,
            images: images.in_attribute("image")?,
        })
    }

    /// Whether the engine has the complete image under every tag.
    pub fn is_loaded(&self) -> bool {
        let mut ids = vec![self.root.digest.to_string()];
        if !self.is_index() || self.store == ImageStore::Podman {
            let configs = self.images.iter().map(|image| &image.manifest.config);
            ids.extend(configs.map(|config| config.digest.to_string()));
        }
        let is_complete = || match self.store {
            ImageStore::Containerd => {
                let found = find_diff_ids(self.engine, self.root.digest.as_str(), None);
                self.images
                    .iter()
                    .any(|image| has_diff_ids(image, found.as_deref()))
            }
            _ => true,
        };
        self.engine.has_image(self.tags, &ids) && is_complete()
    }

    /// Sends the layers that the engine lacks; all if it rejects that, because images may be removed concurrently.
    pub fn run(&self) -> Result<Summary> {
        let mut stored = self.store.stored_images(self.engine);
        if self.store == ImageStore::Containerd && self.is_index() {
            // The images of other platforms that the index had when it was last loaded.
            let tags = self.tags.iter().take(1);
            stored.extend(tags.flat_map(|tag| {
                let platforms = self.images.iter().map(|image| image.config.platform_name());
                platforms.filter_map(move |platform| find_diff_ids(self.engine, tag, Some(&platform)))
            }));
        }
        let platform = self
            .is_index()
            .then(|| self.store.platform(self.engine))
            .flatten();
        let present = self
            .store
            .stored_layers(&stored, &self.images, platform.as_deref());
        let summary = match self.send(&present) {
            Ok(summary) if self.is_complete(&present) => summary,
            loaded if present.is_empty() => loaded?,
            _ => {
                eprintln!("the engine lacks a layer; sending all layers");
                self.send(&HashSet::new())?
            }
        };
        if let (ImageStore::Podman, [first, others @ ..]) = (self.store, &self.names()[..]) {
            self.engine.tag(first, others)?;
        }
        Ok(summary)
    }

    /// Whether the engine has every layer of the images whose layers were omitted.
    fn is_complete(&self, omitted: &HashSet<Digest>) -> bool {
        let has_omitted = |image: &&Image| {
            let mut layers = image.manifest.layers.iter();
            layers.any(|layer| omitted.contains(&layer.digest))
        };
        // Podman's load fails, and docker's own store does not lose layers of images.
        self.store != ImageStore::Containerd
            || self.images.iter().filter(has_omitted).all(|image| {
                let platform = self.is_index().then(|| image.config.platform_name());
                let found = find_diff_ids(self.engine, self.root.digest.as_str(), platform.as_deref());
                has_diff_ids(image, found.as_deref())
            })
    }

    fn send(&self, omitted: &HashSet<Digest>) -> Result<Summary> {
        let names = self.names();
        let contents = match self.store {
            ImageStore::Docker | ImageStore::Other => Contents {
                format: self.format,
                tags: self.tags,
                omitted,
            },
            ImageStore::Containerd => Contents {
                format: Format::Oci,
                tags: self.tags,
                omitted,
            },
            // Podman rejects an archive with several entries: "more than one image in oci".
            ImageStore::Podman => Contents {
                format: Format::Oci,
                tags: &names[..names.len().min(1)],
                omitted,
            },
        };
        self.engine
            .load(|output| archive::write(self.layout, &contents, output))
    }

    /// The names under which podman stores the image: as it qualifies those in an archive in docker's format.
    fn names(&self) -> Vec<String> {
        let qualify = match self.is_index() {
            true => archive::qualified_name,
            false => archive::local_name,
        };
        self.tags.iter().map(|tag| qualify(tag)).collect()
    }

    fn is_index(&self) -> bool {
        media_type::is_index(&self.root.media_type)
    }
}

fn has_diff_ids(image: &Image, found: Option<&[String]>) -> bool {
    found.is_some_and(|found| found == image.config.diff_ids())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use serde_json::Value;

    use super::*;
    use crate::digest::of_bytes;
    use crate::engine::tests::script;
    use crate::image::{assemble, ImageSpec, LayerFile};
    use crate::index::IndexSpec;
    use crate::scratch::Scratch;

    const LOWER: &[u8] = include_bytes!("../tests/vectors/layers/a.tar");
    const UPPER: &[u8] = include_bytes!("../tests/vectors/layers/b.tar");
    const CONTAINERD: &str = r#"28.0.0 [["driver-type","io.containerd.snapshotter.v1"]]"#;

    fn image(scratch: &Scratch) -> Layout {
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
        Layout::open(&image).unwrap()
    }

    /// An engine that stores the lower layer. It writes its loads to `1.tar` and `2.tar`, exits with `status` after the first, and
    /// reports an image with the layers `loaded`, or with the lower layer for amd64.
    fn engine(scratch: &Scratch, name: &str, info: &str, status: u8, loaded: &[&[u8]]) -> Engine {
        let layers = |layers: &[&[u8]]| {
            let ids: Vec<String> = layers.iter().map(|layer| of_bytes(layer).to_string()).collect();
            serde_json::json!({ "Layers": ids }).to_string()
        };
        let (directory, stored, loaded) = (scratch.path().display(), layers(&[LOWER]), layers(loaded));
        let body = format!(
            r#"case "$1 $2" in
                "info --format") echo '{info}' ;;
                "image ls") echo stored ;;
                "image inspect") case "$5 $6" in
                    "stored "* | "--platform linux/amd64") echo '{stored}' ;;
                    *) echo '{loaded}' ;;
                esac ;;
                "tag "*) echo "$@" > {directory}/tag ;;
                *)  test ! -e {directory}/1.tar || exec cat > {directory}/2.tar
                    cat > {directory}/1.tar
                    exit {status} ;;
            esac"#
        );
        Engine::Detected(script(scratch, name, &body))
    }

    fn run(layout: &Layout, engine: &Engine, tags: &[&str]) -> Result<Summary> {
        let tags: Vec<String> = tags.iter().map(ToString::to_string).collect();
        Load::new(layout, Format::Docker, &tags, engine).unwrap().run()
    }

    fn files(archive: &Path) -> Vec<(String, Vec<u8>)> {
        let archive = fs::read(archive).unwrap();
        let mut archive = tar::Archive::new(&archive[..]);
        let entries = archive.entries().unwrap().map(|entry| {
            let mut entry = entry.unwrap();
            let mut content = vec![];
            std::io::Read::read_to_end(&mut entry, &mut content).unwrap();
            (entry.path().unwrap().display().to_string(), content)
        });
        entries.collect()
    }

    /// Which of the two layers an archive contains.
    fn layers(archive: &Path) -> [bool; 2] {
        let files = files(archive);
        [LOWER, UPPER].map(|layer| files.iter().any(|(_, content)| content == layer))
    }

    #[test]
    fn sends_missing_layers_to_docker() {
        let scratch = Scratch::new();
        let layout = image(&scratch);
        let docker = engine(&scratch, "docker", "20.10.24 null", 0, &[]);
        let summary = run(&layout, &docker, &["app:1"]).unwrap();
        assert_eq!(layers(&scratch.path().join("1.tar")), [false, true]);
        assert!(!scratch.path().join("2.tar").exists());
        assert_eq!(summary.size, (LOWER.len() + UPPER.len()) as u64);
    }

    #[test]
    fn sends_missing_layers_to_containerd() {
        let scratch = Scratch::new();
        let layout = image(&scratch);
        let docker = engine(&scratch, "docker", CONTAINERD, 0, &[LOWER, UPPER]);
        run(&layout, &docker, &["app:1"]).unwrap();
        let archive = scratch.path().join("1.tar");
        assert_eq!(layers(&archive), [false, true]);
        assert!(files(&archive).iter().any(|(name, _)| name == "index.json"));
        assert!(!scratch.path().join("2.tar").exists());
    }

    #[test]
    fn sends_missing_layers_to_podman() {
        let scratch = Scratch::new();
        let layout = image(&scratch);
        let podman = engine(&scratch, "podman", "", 0, &[]);
        run(&layout, &podman, &["app:1", "host:5000/app:2"]).unwrap();
        let archive = scratch.path().join("1.tar");
        assert_eq!(layers(&archive), [false, true]);
        let files = files(&archive);
        let index = files.iter().find(|(name, _)| name == "index.json").unwrap();
        let index: Value = serde_json::from_slice(&index.1).unwrap();
        assert_eq!(index["manifests"].as_array().map(Vec::len), Some(1));
        let tag = fs::read_to_string(scratch.path().join("tag")).unwrap();
        assert_eq!(tag, "tag localhost/app:1 host:5000/app:2\n");
    }

    #[test]
    fn retries_failed_load_with_all_layers() {
        for (name, info, status) in [
            ("docker", "20.10.24 null", 1),
            ("podman", "", 125),
            // The containerd store reports success and no layers.
            ("docker", CONTAINERD, 0),
        ] {
            let scratch = Scratch::new();
            let layout = image(&scratch);
            let engine = engine(&scratch, name, info, status, &[]);
            run(&layout, &engine, &["app:1"]).unwrap();
            assert_eq!(
                layers(&scratch.path().join("1.tar")),
                [false, true],
                "{name} {info}"
            );
            assert_eq!(
                layers(&scratch.path().join("2.tar")),
                [true, true],
                "{name} {info}"
            );
        }
    }

    #[test]
    fn sends_all_layers_to_other_engines() {
        let scratch = Scratch::new();
        let layout = image(&scratch);
        let nerdctl = engine(&scratch, "nerdctl", "", 1, &[]);
        assert!(run(&layout, &nerdctl, &["app:1"]).is_err());
        let archive = scratch.path().join("1.tar");
        assert_eq!(layers(&archive), [true, true]);
        assert!(files(&archive).iter().any(|(name, _)| name == "manifest.json"));
        assert!(!scratch.path().join("2.tar").exists());
    }

    /// An index of two images with the lower layer; the one for arm64 also has the upper layer.
    fn index(scratch: &Scratch) -> Layout {
        let layer = |(name, content)| LayerFile {
            tar: scratch.file(name, content),
            description: None,
        };
        let mut index = IndexSpec::default();
        for (architecture, layers) in [
            ("amd64", &[("lower", LOWER)][..]),
            ("arm64", &[("lower", LOWER), ("upper", UPPER)]),
        ] {
            let mut spec = ImageSpec {
                layers: layers.iter().copied().map(layer).collect(),
                ..ImageSpec::default()
            };
            spec.platform.os = "linux".into();
            spec.platform.architecture = architecture.into();
            index.images.push(scratch.path().join(architecture));
            assemble(&spec, &scratch.path().join(architecture)).unwrap();
        }
        let path = scratch.path().join("index");
        crate::index::assemble(&index, &path).unwrap();
        Layout::open(&path).unwrap()
    }

    #[test]
    fn sends_podman_layers_of_its_platform() {
        for (platform, expected) in [("linux/amd64", [false, false]), ("linux/arm64", [false, true])] {
            let scratch = Scratch::new();
            let layout = index(&scratch);
            let podman = engine(&scratch, "podman", platform, 0, &[]);
            run(&layout, &podman, &["app:1"]).unwrap();
            assert_eq!(layers(&scratch.path().join("1.tar")), expected, "{platform}");
        }
    }

    #[test]
    fn checks_omitted_layers_of_each_platform() {
        for (loaded, retried) in [(&[LOWER][..], true), (&[LOWER, UPPER], false), (&[], true)] {
            let scratch = Scratch::new();
            let layout = index(&scratch);
            let docker = engine(&scratch, "docker", CONTAINERD, 0, loaded);
            run(&layout, &docker, &["app:1"]).unwrap();
            assert_eq!(scratch.path().join("2.tar").exists(), retried, "{loaded:?}");
        }
    }

    #[test]
    fn incomplete_images_are_not_loaded() {
        let scratch = Scratch::new();
        let layout = image(&scratch);
        let root = layout.root().unwrap().digest.clone();
        for (content, expected) in [("{}".to_owned(), false), (ids_of(&layout), true)] {
            let body = format!(
                r#"case "$1 $4" in
                    "info "*) echo '{CONTAINERD}' ;;
                    "image {{{{.Id}}}}") echo {root} ;;
                    *) echo '{content}' ;;
                esac"#
            );
            let docker = Engine::Detected(script(&scratch, "docker", &body));
            let tags = ["app:1".to_owned()];
            let load = Load::new(&layout, Format::Docker, &tags, &docker).unwrap();
            assert_eq!(load.is_loaded(), expected, "{content}");
        }
    }

    fn ids_of(layout: &Layout) -> String {
        serde_json::json!({ "Layers": layout.image().unwrap().config.diff_ids() }).to_string()
    }
}
