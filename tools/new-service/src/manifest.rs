//! The workspace's Cargo.toml.

use std::collections::{BTreeMap, BTreeSet};

use serde::de::IgnoredAny;
use serde::Deserialize;

use crate::Error;

const FILE: &str = "Cargo.toml";
const MEMBERS_WIDTH: usize = 100;

/// `[workspace.dependencies]` of the templates, without the chassis, whose path depends on the workspace.
const DEPENDENCIES: &str = include_str!("../templates/dependencies.toml");

/// `[package]` keys and their lines if `[workspace.package]` lacks the key.
const FIRST_VERSION: &str = "0.1.0";
const PACKAGE_KEYS: [(&str, &str); 5] = [
    ("version", "version = \"0.1.0\"\n"),
    ("edition", "edition = \"2021\"\n"),
    ("rust-version", ""),
    ("license", ""),
    ("publish", "publish = false\n"),
];

/// The parts of Cargo.toml that a new package depends on.
#[derive(Deserialize)]
pub(crate) struct Manifest {
    workspace: Workspace,
}

#[derive(Deserialize)]
struct Workspace {
    #[serde(default)]
    members: Vec<String>,
    #[serde(default)]
    exclude: Vec<String>,
    #[serde(default)]
    package: Table,
    #[serde(default)]
    dependencies: Table,
    lints: Option<IgnoredAny>,
}

type Table = BTreeMap<String, Value>;

#[derive(Deserialize)]
#[serde(untagged)]
enum Value {
    Text(String),
    Path { path: String },
    Other(IgnoredAny),
}

impl Manifest {
    pub(crate) fn parse(text: &str) -> Result<Self, Error> {
        basic_toml::from_str(text).map_err(|error| Error::Content {
            file: FILE,
            problem: format!("invalid workspace manifest: {error}"),
        })
    }

    /// Returns the lines of `[package]`.
    pub(crate) fn package_keys(&self) -> String {
        let lines = PACKAGE_KEYS.map(|(key, line)| {
            if self.workspace.package.contains_key(key) {
                format!("{key}.workspace = true\n")
            } else {
                line.to_owned()
            }
        });
        lines.concat().trim_end().to_owned()
    }

    /// Returns the version of a new package.
    pub(crate) fn version(&self) -> &str {
        match self.workspace.package.get("version") {
            Some(Value::Text(version)) => version,
            _ => FIRST_VERSION,
        }
    }

    /// Returns the section `[lints]`.
    pub(crate) fn lints(&self) -> &'static str {
        if self.workspace.lints.is_some() {
            "\n[lints]\nworkspace = true"
        } else {
            ""
        }
    }

    fn has_member(&self, path: &str) -> bool {
        self.workspace
            .members
            .iter()
            .any(|pattern| matches(pattern, path))
    }
}

/// Matches a path against a pattern with `*`, which does not match `/`.
fn matches(pattern: &str, path: &str) -> bool {
    let (mut pattern, mut path) = (pattern.trim_end_matches('/').split('/'), path.split('/'));
    loop {
        match (pattern.next(), path.next()) {
            (None, None) => return true,
            (Some(pattern), Some(part)) if matches_part(pattern, part) => {}
            _ => return false,
        }
    }
}

fn matches_part(pattern: &str, part: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == part,
        Some((before, after)) => part.strip_prefix(before).is_some_and(|rest| {
            (0..=rest.len()).any(|at| rest.get(at..).is_some_and(|rest| matches_part(after, rest)))
        }),
    }
}

/// Returns the manifest with a further member, unless a pattern matches its path. Members are sorted, and on separate lines
/// if they do not fit on one.
pub(crate) fn add_member(text: &str, path: &str) -> Result<String, Error> {
    if Manifest::parse(text)?.has_member(path) {
        return Ok(text.to_owned());
    }
    let (before, list, after) = between(text, "members = [", "]")?;
    let mut members: Vec<_> = list
        .split(',')
        .map(|it| it.trim().trim_matches('"').to_owned())
        .filter(|it| !it.is_empty())
        .collect();
    members.push(path.to_owned());
    members.sort();
    let quoted: Vec<_> = members.iter().map(|it| format!("\"{it}\"")).collect();
    let line = quoted.join(", ");
    let list = if line.len() > MEMBERS_WIDTH {
        format!("\n    {},\n", quoted.join(",\n    "))
    } else {
        line
    };
    Ok(format!("{before}{list}{after}"))
}

/// Returns the manifest that excludes a path, if a pattern of `members` matches it.
pub(crate) fn exclude(text: &str, path: &str) -> Result<String, Error> {
    let manifest = Manifest::parse(text)?;
    if !manifest.has_member(path) {
        return Ok(text.to_owned());
    }
    if manifest.workspace.exclude.is_empty() {
        let (before, list, after) = between(text, "members = [", "]")?;
        let after = after.trim_start_matches(']');
        return Ok(format!("{before}{list}]\nexclude = [\"{path}\"]{after}"));
    }
    let (before, list, after) = between(text, "exclude = [", "]")?;
    let list = list.trim_end().trim_end_matches(',');
    Ok(format!("{before}{list}, \"{path}\"{after}"))
}

/// Returns the lines of `[workspace.dependencies]` for a workspace from which `to_workspace` leads to this one.
pub(crate) fn dependency_lines(
    text: &str,
    names: &BTreeSet<String>,
    to_workspace: &str,
) -> Result<String, Error> {
    let known = Manifest::parse(text)?.workspace.dependencies;
    let mut lines = String::new();
    for name in names {
        let prefix = format!("{name} = ");
        let line = match known.get(name) {
            Some(Value::Path { path }) => Some(format!("{prefix}{{ path = \"{to_workspace}/{path}\" }}")),
            _ => text
                .lines()
                .find(|line| line.starts_with(&prefix))
                .map(str::to_owned),
        };
        let line = line.ok_or_else(|| Error::Content {
            file: FILE,
            problem: format!("unsupported format of {name:?} in [workspace.dependencies]: expected one line"),
        })?;
        lines = lines + &line + "\n";
    }
    Ok(lines)
}

/// Returns all dependencies of a package's manifest.
pub(crate) fn dependencies(package: &str) -> Result<BTreeSet<String>, Error> {
    #[derive(Default, Deserialize)]
    #[serde(rename_all = "kebab-case", default)]
    struct Package {
        dependencies: Table,
        build_dependencies: Table,
        dev_dependencies: Table,
    }
    let package: Package = basic_toml::from_str(package).map_err(|error| Error::Content {
        file: FILE,
        problem: format!("invalid package manifest: {error}"),
    })?;
    let all = [
        package.dependencies,
        package.build_dependencies,
        package.dev_dependencies,
    ];
    Ok(all.into_iter().flat_map(BTreeMap::into_keys).collect())
}

/// Returns the manifest with the missing `[workspace.dependencies]` added.
pub(crate) fn add_dependencies(text: &str, names: &BTreeSet<String>) -> Result<String, Error> {
    const SECTION: &str = "[workspace.dependencies]\n";
    let known = Manifest::parse(text)?.workspace.dependencies;
    let missing = names.iter().filter(|name| !known.contains_key(*name));
    let mut lines = Vec::new();
    for name in missing {
        let prefix = format!("{name} = ");
        let line = DEPENDENCIES.lines().find(|line| line.starts_with(&prefix));
        lines.push(line.ok_or_else(|| Error::Content {
            file: FILE,
            problem: format!(
                "missing {name:?} in [workspace.dependencies]; add it, with the path of thimble's checkout:\n    \
                 {name} = {{ path = \"third_party/thimble/services/{name}\" }}"
            ),
        })?);
    }
    if lines.is_empty() {
        return Ok(text.to_owned());
    }
    let Some((before, after)) = text.split_once(SECTION) else {
        return Ok(format!("{}\n\n{SECTION}{}\n", text.trim_end(), lines.join("\n")));
    };
    // The section ends at the next one. Continuation lines and comments stay after the line that they follow.
    let end = after.find("\n[").map_or(after.len(), |at| at + 1);
    let (section, rest) = after.split_at(end);
    let mut section: Vec<_> = section.trim_end().lines().collect();
    for line in lines {
        let at = section
            .iter()
            .position(|it| it.starts_with(|c: char| c.is_ascii_alphabetic()) && *it > line)
            .unwrap_or(section.len());
        section.insert(at, line);
    }
    let blank = if rest.is_empty() { "" } else { "\n" };
    Ok(format!("{before}{SECTION}{}\n{blank}{rest}", section.join("\n")))
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> Result<(&'a str, &'a str, &'a str), Error> {
    let missing = || Error::Content {
        file: FILE,
        problem: format!("missing list {:?}", start.trim()),
    };
    let from = text.find(start).ok_or_else(missing)? + start.len();
    let (before, rest) = text.split_at(from);
    let to = rest.find(end).ok_or_else(missing)?;
    let (list, after) = rest.split_at(to);
    Ok((before, list, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sorts_and_wraps_members() {
        let short = "[workspace]\nmembers = [\"services/hello\", \"tools/x\"]\nresolver = \"2\"\n";
        let added = add_member(short, "services/abc").unwrap();
        assert_eq!(
            added,
            "[workspace]\nmembers = [\"services/abc\", \"services/hello\", \"tools/x\"]\nresolver = \"2\"\n"
        );
        let long = add_member(&added, &format!("services/{}", "y".repeat(60))).unwrap();
        assert!(
            long.contains("members = [\n    \"services/abc\",\n    \"services/hello\",\n"),
            "{long}"
        );
        let longer = add_member(&long, "services/zzz").unwrap();
        assert!(
            longer.contains("    \"services/zzz\",\n    \"tools/x\",\n]\n"),
            "{longer}"
        );
        assert!(add_member("[package]\n", "services/abc").is_err());
        assert!(add_member("[workspace]\n", "services/abc").is_err());
    }

    #[test]
    fn matches_member_patterns() {
        for (pattern, matches_path) in [
            ("services/*", true),
            ("services/a*c", true),
            ("*/abc", true),
            ("services/abc/", true),
            ("services/b*", false),
            ("services", false),
            ("services/*/*", false),
        ] {
            let text = format!("[workspace]\nmembers = [\"{pattern}\"]\n");
            let added = add_member(&text, "services/abc").unwrap();
            assert_eq!(added == text, matches_path, "{pattern}");
        }
    }

    fn names(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|&name| name.to_owned()).collect()
    }

    #[test]
    fn adds_missing_dependencies() {
        let text = "[workspace]\n\n[workspace.dependencies]\nchassis = { path = \"x\" }\nserde = \"1\"\n\n[profile.dev]\n";
        let added = add_dependencies(text, &names(&["chassis", "rustix", "tower-service"])).unwrap();
        assert_eq!(
            added,
            "[workspace]\n\n[workspace.dependencies]\nchassis = { path = \"x\" }\nrustix = \"1\"\nserde = \"1\"\n\
             tower-service = \"0.3\"\n\n[profile.dev]\n"
        );
        let last = add_dependencies(
            "[workspace]\n\n[workspace.dependencies]\nzzz = \"1\"\n",
            &names(&["rustix"]),
        );
        assert_eq!(
            last.unwrap(),
            "[workspace]\n\n[workspace.dependencies]\nrustix = \"1\"\nzzz = \"1\"\n"
        );
        let none = add_dependencies("[workspace]\n", &names(&["rustix"])).unwrap();
        assert_eq!(none, "[workspace]\n\n[workspace.dependencies]\nrustix = \"1\"\n");
    }

    #[test]
    fn excludes_matched_members() {
        let listed = "[workspace]\nmembers = [\"services/hello\"]\n";
        assert_eq!(exclude(listed, "services/abc").unwrap(), listed);
        let pattern = "[workspace]\nmembers = [\"services/*\"]\nresolver = \"2\"\n";
        let excluded = exclude(pattern, "services/abc").unwrap();
        assert_eq!(
            excluded,
            "[workspace]\nmembers = [\"services/*\"]\nexclude = [\"services/abc\"]\nresolver = \"2\"\n"
        );
        assert!(exclude(&excluded, "services/def")
            .unwrap()
            .contains("exclude = [\"services/abc\", \"services/def\"]\n"));
    }

    #[test]
    fn relocates_path_dependencies() {
        let text =
            "[workspace]\n\n[workspace.dependencies]\naxum = \"0.8\"\nchassis = { path = \"services/chassis\" }\n";
        assert_eq!(
            dependency_lines(text, &names(&["axum", "chassis"]), "../..").unwrap(),
            "axum = \"0.8\"\nchassis = { path = \"../../services/chassis\" }\n"
        );
    }

    #[test]
    fn rejects_missing_chassis() {
        let error = add_dependencies("[workspace]\n", &names(&["chassis"])).unwrap_err();
        assert!(
            error
                .to_string()
                .contains("missing \"chassis\" in [workspace.dependencies]"),
            "{error}"
        );
    }
}
