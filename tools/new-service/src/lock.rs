//! The workspace's Cargo.lock.

use std::collections::BTreeSet;

/// The header of each package.
const START: &str = "[[package]]\n";

/// Returns the lock with an entry for the package, formatted as by cargo. None if a dependency is missing or has several
/// versions, because then cargo must resolve it.
pub(crate) fn add_package(
    lock: &str,
    name: &str,
    version: &str,
    dependencies: &BTreeSet<String>,
) -> Option<String> {
    let mut parts: Vec<_> = lock.split(START).map(str::to_owned).collect();
    let known: Vec<_> = parts.iter().map(|part| package_name(part)).collect();
    let once = |name: &String| known.iter().filter(|it| *it == name).count() == 1;
    if !dependencies.iter().all(once) {
        return None;
    }
    parts.push(entry(name, version, dependencies));
    // The first part precedes the packages.
    let packages = parts.get_mut(1..)?;
    packages.sort_by(|a, b| package_name(a).cmp(package_name(b)));
    for part in packages {
        *part = part.trim_end().to_owned() + "\n\n";
    }
    Some(parts.join(START).trim_end().to_owned() + "\n")
}

fn entry(name: &str, version: &str, dependencies: &BTreeSet<String>) -> String {
    let head = format!("name = \"{name}\"\nversion = \"{version}\"\n");
    if dependencies.is_empty() {
        return head;
    }
    let lines: Vec<_> = dependencies.iter().map(|it| format!(" \"{it}\",\n")).collect();
    format!("{head}dependencies = [\n{}]\n", lines.concat())
}

/// Returns the names of all packages.
pub(crate) fn package_names(lock: &str) -> impl Iterator<Item = &str> {
    lock.split(START).skip(1).map(package_name)
}

fn package_name(entry: &str) -> &str {
    entry
        .lines()
        .find_map(|line| line.strip_prefix("name = \""))
        .unwrap_or_default()
        .trim_end_matches('"')
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCK: &str = "# generated\nversion = 4\n\n[[package]]\nname = \"axum\"\nversion = \"1\"\n\n[[package]]\nname = \"syn\"\nversion = \"1\"\n\n[[package]]\nname = \"syn\"\nversion = \"2\"\n";

    fn dependencies(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|&name| name.to_owned()).collect()
    }

    #[test]
    fn formats_entries_as_cargo() {
        let added = add_package(LOCK, "b-c", "0.1.0", &dependencies(&["axum"])).unwrap();
        let entry = "[[package]]\nname = \"b-c\"\nversion = \"0.1.0\"\ndependencies = [\n \"axum\",\n]\n\n";
        let at = LOCK.find("[[package]]\nname = \"syn\"").unwrap();
        let (before, after) = LOCK.split_at(at);
        assert_eq!(added, format!("{before}{entry}{after}"));
        let alone = add_package("version = 4\n\n", "b", "1.0.0", &dependencies(&[])).unwrap();
        assert_eq!(
            alone,
            "version = 4\n\n[[package]]\nname = \"b\"\nversion = \"1.0.0\"\n"
        );
    }

    #[test]
    fn leaves_unresolved_dependencies_to_cargo() {
        assert_eq!(add_package(LOCK, "b", "0.1.0", &dependencies(&["syn"])), None);
        assert_eq!(add_package(LOCK, "b", "0.1.0", &dependencies(&["none"])), None);
    }
}
