//! Paths of an image: absolute, without `.` and `..`.

/// The path of an entry as a tar has it.
pub(crate) fn normal(path: &str) -> Result<String, String> {
    let mut absolute = String::new();
    for part in path.split('/').filter(|part| !part.is_empty() && *part != ".") {
        if part == ".." {
            return Err(format!("{path:?} leads out of the image"));
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

/// The parent and the name.
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
