//! Relative paths of symbolic links.

use std::path::{Component, Path, PathBuf};

/// The relative path from the directory `from` to `to`.
///
/// Symbolic links are not resolved: the inputs of a sandboxed action are links out of the sandbox, and only the
/// unresolved path is valid inside and outside of it.
pub fn relative(from: &Path, to: &Path) -> PathBuf {
    let from: Vec<_> = parts(from).collect();
    let to: Vec<_> = parts(to).collect();
    let shared = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    let up = from[shared..].iter().map(|_| Component::ParentDir);
    up.chain(to[shared..].iter().copied()).collect()
}

fn parts(path: &Path) -> impl Iterator<Item = Component<'_>> {
    path.components().filter(|part| *part != Component::CurDir)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(from: &str, to: &str) -> String {
        let path = relative(Path::new(from), Path::new(to));
        path.to_str().unwrap().to_owned()
    }

    #[test]
    fn links_to_other_package() {
        let from = "bazel-out/k8/bin/a/image/blobs/sha256";
        assert_eq!(
            link(from, "bazel-out/k8/bin/b/layer.tar"),
            "../../../../b/layer.tar"
        );
        assert_eq!(
            link(from, "external/x/l.tar"),
            "../../../../../../../external/x/l.tar"
        );
    }

    #[test]
    fn links_from_root() {
        assert_eq!(link("/out/blobs", "/in/a.tar"), "../../in/a.tar");
        assert_eq!(link("./out", "in"), "../in");
    }
}
