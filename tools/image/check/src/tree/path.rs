//! Paths in an image: absolute, without `.` and `..`.

use std::collections::BTreeMap;

/// Normalizes the name of a tar entry.
pub(crate) fn normalize(path: &str) -> Result<String, String> {
    let mut absolute = String::new();
    for part in path.split('/').filter(|part| !part.is_empty() && *part != ".") {
        if part == ".." {
            return Err(format!("{path:?} leaves the image"));
        }
        absolute.push('/');
        absolute.push_str(part);
    }
    Ok(if absolute.is_empty() {
        "/".to_owned()
    } else {
        absolute
    })
}

/// Splits a path into parent and name.
pub(super) fn split(path: &str) -> (&str, &str) {
    match path.rsplit_once('/') {
        Some(("", name)) => ("/", name),
        Some(both) => both,
        None => ("/", path),
    }
}

pub(super) fn join(parent: &str, name: &str) -> String {
    format!("{}/{name}", parent.trim_end_matches('/'))
}

/// Removes the entries below a directory.
pub(super) fn remove_below<T>(nodes: &mut BTreeMap<String, T>, path: &str) {
    let below = join(path, "");
    let range = nodes.range(below.clone()..);
    let paths = range
        .map(|(path, _)| path)
        .take_while(|path| path.starts_with(&below));
    for path in paths.cloned().collect::<Vec<_>>() {
        nodes.remove(&path);
    }
}
