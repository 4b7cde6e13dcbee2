//! Layers that docker stores and an archive may omit.
//!
//! Docker's own image store looks up a layer by its chain of diff IDs before it opens the layer's file in the archive.
//! Podman and the containerd image store require every file.

use std::path::Path;
use std::process::{Command, Stdio};

/// The diff IDs of each stored image, the lowest first.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct StoredLayers(Vec<Vec<String>>);

impl StoredLayers {
    /// Queries docker. Empty on failure, or if docker uses the containerd image store.
    pub fn query_docker(program: &Path) -> Self {
        let query = |arguments: &[&str]| {
            let mut command = Command::new(program);
            let output = command.args(arguments).stdin(Stdio::null()).output().ok()?;
            let text = String::from_utf8(output.stdout).ok()?;
            output.status.success().then_some(text)
        };
        let chains = || {
            let status = query(&["info", "--format", "{{json .DriverStatus}}"])?;
            if status.contains("io.containerd.snapshotter") {
                return None;
            }
            let images = query(&["image", "ls", "--all", "--quiet", "--no-trunc"])?;
            let mut inspect = vec!["image", "inspect", "--format", "{{json .RootFS.Layers}}"];
            inspect.extend(images.lines());
            let layers = query(&inspect)?;
            layers
                .lines()
                .map(|line| serde_json::from_str(line).ok())
                .collect()
        };
        Self(chains().unwrap_or_default())
    }

    /// The number of an image's layers that are stored, from the lowest.
    pub fn count_present(&self, diff_ids: &[&str]) -> usize {
        let shared = |chain: &Vec<String>| chain.iter().zip(diff_ids).take_while(|(a, b)| a == *b).count();
        self.0.iter().map(shared).max().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::tests::script;
    use crate::scratch::Scratch;

    fn docker(scratch: &Scratch, info: &str) -> StoredLayers {
        let body = format!(
            r#"case "$1 $2" in
                "info --format") echo '{info}' ;;
                "image ls") echo 1; echo 2 ;;
                "image inspect") test "$5 $6" = "1 2" || exit 1; echo '["a","b","c"]'; echo '["b"]' ;;
            esac"#
        );
        StoredLayers::query_docker(&script(scratch, "docker", &body))
    }

    #[test]
    fn counts_layers_from_the_lowest() {
        let scratch = Scratch::new();
        let stored = docker(&scratch, r#"[["Backing Filesystem","extfs"]]"#);
        for (diff_ids, present) in [
            (&["a", "b", "d"][..], 2),
            (&["a", "b", "c", "d"], 3),
            (&["b", "c"], 1),
            (&["c", "a"], 0),
            (&[], 0),
        ] {
            assert_eq!(stored.count_present(diff_ids), present, "{diff_ids:?}");
        }
    }

    #[test]
    fn ignores_other_image_stores() {
        let scratch = Scratch::new();
        let containerd = docker(&scratch, r#"[["driver-type","io.containerd.snapshotter.v1"]]"#);
        assert_eq!(containerd, StoredLayers::default());
        let failing = script(&scratch, "podman-docker", "exit 125");
        assert_eq!(StoredLayers::query_docker(&failing), StoredLayers::default());
        assert_eq!(
            StoredLayers::query_docker(Path::new("/absent/docker")),
            StoredLayers::default()
        );
    }
}
