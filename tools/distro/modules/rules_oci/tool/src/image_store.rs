//! Image stores of container engines, and the layers that an archive for them may omit.

use std::collections::HashSet;

use serde_json::Value;

use crate::engine::Engine;
use crate::layout::Image;
use crate::spec::Digest;

/// The first release of docker whose containerd store reports an image with missing layers as one without layers.
const MIN_DOCKER: u32 = 28;

/// The diff IDs of an image's layers, the lowest first.
pub type DiffIds = Vec<String>;

/// An image store, by the layers that its engine looks up before it opens their files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImageStore {
    /// Docker's own store, which looks up layers by their chain of diff IDs.
    Docker,
    /// Docker's containerd store, which looks up blobs by digest, in OCI archives. A load with missing blobs succeeds.
    Containerd,
    /// Podman's store, which looks up blobs by digest, in OCI archives. A load with missing blobs fails.
    Podman,
    /// A store that requires every layer.
    Other,
}

impl ImageStore {
    /// Determines the store of an engine.
    pub fn detect(engine: &Engine) -> Self {
        match engine.name() {
            Some("docker") => Self::detect_docker(engine).unwrap_or(Self::Other),
            Some("podman") => Self::Podman,
            _ => Self::Other,
        }
    }

    fn detect_docker(engine: &Engine) -> Option<Self> {
        let info = engine.query(&["info", "--format", "{{.ServerVersion}} {{json .DriverStatus}}"])?;
        let (version, status) = info.split_once(' ')?;
        if !status.contains("io.containerd.snapshotter") {
            return Some(Self::Docker);
        }
        let major: u32 = version.split('.').next()?.parse().ok()?;
        Some(match major >= MIN_DOCKER {
            true => Self::Containerd,
            false => Self::Other,
        })
    }

    /// The diff IDs of each stored image. Empty on failure.
    pub fn stored_images(self, engine: &Engine) -> Vec<DiffIds> {
        let query = || {
            let images = engine.query(&["image", "ls", "--all", "--quiet", "--no-trunc"])?;
            let mut inspect = vec!["image", "inspect", "--format", "{{json .RootFS}}"];
            inspect.extend(images.lines());
            let images = engine.query(&inspect)?;
            images.lines().map(parse_diff_ids).collect()
        };
        match self {
            Self::Other => None,
            _ => query(),
        }
        .unwrap_or_default()
    }

    /// The only platform whose image the engine takes from an index, as in `linux/amd64`.
    pub fn platform(self, engine: &Engine) -> Option<String> {
        match self {
            Self::Podman => {
                let platform = engine.query(&["info", "--format", "{{.Host.OS}}/{{.Host.Arch}}"])?;
                Some(platform.trim().to_owned())
            }
            _ => None,
        }
    }

    /// The layers of the images that an archive may omit, if `stored` images are in the store and the engine only takes the image of
    /// `platform`.
    pub fn stored_layers(
        self,
        stored: &[DiffIds],
        images: &[Image],
        platform: Option<&str>,
    ) -> HashSet<Digest> {
        let (mut present, mut missing) = (HashSet::new(), HashSet::new());
        for image in images {
            let (ids, layers) = (image.config.diff_ids(), &image.manifest.layers);
            if ids.len() != layers.len() {
                missing.extend(layers.iter().map(|layer| &layer.digest));
                continue;
            }
            let is_ignored = platform.is_some_and(|platform| !image.config.is_for(platform));
            let shared = count_lowest(stored, &ids);
            for (at, (id, layer)) in ids.iter().zip(layers).enumerate() {
                let is_present = match self {
                    Self::Docker => at < shared,
                    Self::Containerd | Self::Podman => stored.iter().flatten().any(|stored| stored == id),
                    Self::Other => false,
                };
                let layers = match is_present || is_ignored {
                    true => &mut present,
                    false => &mut missing,
                };
                layers.insert(&layer.digest);
            }
        }
        present.difference(&missing).copied().cloned().collect()
    }
}

/// The diff IDs of an image by its ID or tag, or of one platform of an index. None if its content is incomplete.
pub fn find_diff_ids(engine: &Engine, image: &str, platform: Option<&str>) -> Option<DiffIds> {
    let mut inspect = vec!["image", "inspect", "--format", "{{json .RootFS}}"];
    inspect.extend(
        platform
            .map(|platform| ["--platform", platform])
            .into_iter()
            .flatten(),
    );
    inspect.push(image);
    parse_diff_ids(engine.query(&inspect)?.trim())
}

/// Parses a `RootFS`. Docker omits the list of layers if it is empty, or if the image's content is incomplete.
fn parse_diff_ids(json: &str) -> Option<DiffIds> {
    let root: Value = serde_json::from_str(json).ok()?;
    let layers = root.get("Layers").and_then(Value::as_array).into_iter().flatten();
    layers.map(|layer| layer.as_str().map(str::to_owned)).collect()
}

/// The maximum number of lowest layers that an image shares with a stored one.
fn count_lowest(stored: &[DiffIds], ids: &[&str]) -> usize {
    let shared = |image: &DiffIds| image.iter().zip(ids).take_while(|(a, b)| a == *b).count();
    stored.iter().map(shared).max().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::engine::tests::script;
    use crate::scratch::Scratch;

    fn engine(scratch: &Scratch, name: &str, info: &str) -> Engine {
        let body = format!(
            r#"case "$1 $2" in
                "info --format") echo '{info}' ;;
                "image ls") echo 1; echo 2; echo 3 ;;
                "image inspect") test "$5 $6 $7" = "1 2 3" || exit 1
                    echo '{{"Type":"layers","Layers":["a","b","c"]}}'; echo '{{"Layers":["b"]}}'; echo '{{}}' ;;
            esac"#
        );
        Engine::Detected(script(scratch, name, &body))
    }

    #[test]
    fn detects_image_stores() {
        let scratch = Scratch::new();
        let containerd = r#"[["driver-type","io.containerd.snapshotter.v1"]]"#;
        for (name, info, store) in [
            (
                "docker",
                r#"20.10.24 [["Backing Filesystem","extfs"]]"#,
                ImageStore::Docker,
            ),
            ("docker", "28.5.2+dfsg4 null", ImageStore::Docker),
            (
                "docker",
                &format!("28.5.2+dfsg4 {containerd}"),
                ImageStore::Containerd,
            ),
            ("docker", &format!("27.5.1 {containerd}"), ImageStore::Other),
            ("docker", &format!("dev {containerd}"), ImageStore::Other),
            ("docker", "", ImageStore::Other),
            ("podman", "", ImageStore::Podman),
            ("nerdctl", "", ImageStore::Other),
        ] {
            assert_eq!(
                ImageStore::detect(&engine(&scratch, name, info)),
                store,
                "{name} {info}"
            );
        }
        // The package podman-docker.
        let failing = Engine::Detected(script(&scratch, "docker", "exit 125"));
        assert_eq!(ImageStore::detect(&failing), ImageStore::Other);
        let absent = Engine::Detected(PathBuf::from("/absent/docker"));
        assert_eq!(ImageStore::detect(&absent), ImageStore::Other);
    }

    #[test]
    fn lists_layers_of_each_image() {
        let scratch = Scratch::new();
        let docker = engine(&scratch, "docker", "");
        let stored = ImageStore::Docker.stored_images(&docker);
        assert_eq!(stored, [vec!["a", "b", "c"], vec!["b"], vec![]]);
        assert!(ImageStore::Other.stored_images(&docker).is_empty());
    }

    #[test]
    fn counts_layers_from_the_lowest() {
        let stored = [&["a", "b", "c"][..], &["b"]].map(|ids| ids.iter().map(ToString::to_string).collect());
        for (ids, present) in [
            (&["a", "b", "d"][..], 2),
            (&["a", "b", "c", "d"], 3),
            (&["b", "c"], 1),
            (&["c", "a"], 0),
            (&[], 0),
        ] {
            assert_eq!(count_lowest(&stored, ids), present, "{ids:?}");
        }
    }
}
