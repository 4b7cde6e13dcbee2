//! Layers that an engine stores and an archive may omit.
//!
//! Docker's own store looks a layer up by its diff ID and those below it, before it opens the layer's file in the
//! archive. Podman and containerd want each file of such an archive.

use std::path::Path;
use std::process::{Command, Stdio};

/// Images' layers as diff IDs, each the lowest first.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Chains(Vec<Vec<String>>);

impl Chains {
    /// Asks docker; empty if anything but docker's own store answers.
    pub fn of_docker(program: &Path) -> Self {
        let ask = |arguments: &[&str]| {
            let mut command = Command::new(program);
            let output = command.args(arguments).stdin(Stdio::null()).output().ok()?;
            let text = String::from_utf8(output.stdout).ok()?;
            output.status.success().then_some(text)
        };
        let chains = || {
            let status = ask(&["info", "--format", "{{json .DriverStatus}}"])?;
            if status.contains("io.containerd.snapshotter") {
                return None;
            }
            let images = ask(&["image", "ls", "--all", "--quiet", "--no-trunc"])?;
            let mut inspect = vec!["image", "inspect", "--format", "{{json .RootFS.Layers}}"];
            inspect.extend(images.lines());
            let layers = ask(&inspect)?;
            layers
                .lines()
                .map(|line| serde_json::from_str(line).ok())
                .collect()
        };
        Self(chains().unwrap_or_default())
    }

    /// How many of an image's layers are there, from the lowest.
    pub fn count_known(&self, diff_ids: &[&str]) -> usize {
        let shared = |chain: &Vec<String>| chain.iter().zip(diff_ids).take_while(|(a, b)| a == *b).count();
        self.0.iter().map(shared).max().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::tests::script;
    use crate::scratch::Scratch;

    fn docker(scratch: &Scratch, info: &str) -> Chains {
        let body = format!(
            r#"case "$1 $2" in
                "info --format") echo '{info}' ;;
                "image ls") echo 1; echo 2 ;;
                "image inspect") test "$5 $6" = "1 2" || exit 1; echo '["a","b","c"]'; echo '["b"]' ;;
            esac"#
        );
        Chains::of_docker(&script(scratch, "docker", &body))
    }

    #[test]
    fn counts_layers_from_the_lowest() {
        let scratch = Scratch::new();
        let chains = docker(&scratch, r#"[["Backing Filesystem","extfs"]]"#);
        for (diff_ids, known) in [
            (&["a", "b", "d"][..], 2),
            (&["a", "b", "c", "d"], 3),
            (&["b", "c"], 1),
            (&["c", "a"], 0),
            (&[], 0),
        ] {
            assert_eq!(chains.count_known(diff_ids), known, "{diff_ids:?}");
        }
    }

    #[test]
    fn other_stores_have_none() {
        let scratch = Scratch::new();
        let containerd = docker(&scratch, r#"[["driver-type","io.containerd.snapshotter.v1"]]"#);
        assert_eq!(containerd, Chains::default());
        let failing = script(&scratch, "podman-docker", "exit 125");
        assert_eq!(Chains::of_docker(&failing), Chains::default());
        assert_eq!(Chains::of_docker(Path::new("/absent/docker")), Chains::default());
    }
}
