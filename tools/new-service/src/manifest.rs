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
}

impl Workspace {
    fn has_member(&self, path: &str) -> bool {
        self.members.iter().any(|pattern| matches(pattern, path))
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
/// if they do not fit on one, unless there are comments between them.
pub(crate) fn add_member(text: &str, path: &str) -> Result<String, Error> {
    let workspace = Manifest::parse(text)?.workspace;
    if workspace.has_member(path) {
        return Ok(text.to_owned());
    }
    let mut members = workspace.members;
    members.push(path.to_owned());
    members.sort();
    let list = List::find(text, "members").ok_or_else(|| Error::Content {
        file: FILE,
        problem: "missing list \"members = [\"".to_owned(),
    })?;
    let edited = if list.has_comments {
        list.append(path)
    } else {
        list.replace(&members)
    };
    check_lists(edited, members, workspace.exclude)
}

/// Returns the manifest that excludes a path, if a pattern of `members` matches it.
pub(crate) fn exclude(text: &str, path: &str) -> Result<String, Error> {
    let workspace = Manifest::parse(text)?.workspace;
    if !workspace.has_member(path) {
        return Ok(text.to_owned());
    }
    let edited = match List::find(text, "exclude") {
        Some(list) => list.append(path),
        None => text.replacen(
            "[workspace]\n",
            &format!("[workspace]\nexclude = [\"{path}\"]\n"),
            1,
        ),
    };
    let mut exclude = workspace.exclude;
    exclude.push(path.to_owned());
    check_lists(edited, workspace.members, exclude)
}

/// Returns an edited manifest if it is valid and has the lists, in any order.
fn check_lists(text: String, mut members: Vec<String>, mut exclude: Vec<String>) -> Result<String, Error> {
    let mut found = Manifest::parse(&text)?.workspace;
    for list in [&mut found.members, &mut found.exclude, &mut members, &mut exclude] {
        list.sort();
    }
    if (found.members, found.exclude) == (members, exclude) {
        return Ok(text);
    }
    Err(Error::Content {
        file: FILE,
        problem: "unsupported format of [workspace]: expected lists of strings on lines that start with \"members = [\" and \"exclude = [\""
            .to_owned(),
    })
}

/// A list of strings in the section `[workspace]`.
struct List<'a> {
    before: &'a str,
    content: &'a str,
    after: &'a str,
    has_comments: bool,
    /// The position in `content` after the last string, if no comma follows.
    missing_comma: Option<usize>,
}

impl<'a> List<'a> {
    /// Finds the list whose first line starts with the key.
    fn find(text: &'a str, key: &str) -> Option<Self> {
        let mut is_inside = false;
        let mut at = 0;
        for line in text.split_inclusive('\n') {
            at += line.len();
            let line = line.trim_start();
            if line.starts_with('[') {
                is_inside = line.split('#').next().map(str::trim_end) == Some("[workspace]");
            }
            let value = line.strip_prefix(key).map(str::trim_start);
            let value = value
                .and_then(|value| value.strip_prefix('='))
                .map(str::trim_start);
            if let Some(first) = value
                .and_then(|value| value.strip_prefix('['))
                .filter(|_| is_inside)
            {
                let (before, rest) = text.split_at(at - first.len());
                return Self::parse(before, rest);
            }
        }
        None
    }

    /// Parses the text after the opening bracket.
    fn parse(before: &'a str, rest: &'a str) -> Option<Self> {
        let mut has_comments = false;
        let mut missing_comma = None;
        let mut characters = rest.char_indices();
        while let Some((at, character)) = characters.next() {
            match character {
                ']' => {
                    let (content, after) = rest.split_at(at);
                    return Some(Self {
                        before,
                        content,
                        after,
                        has_comments,
                        missing_comma,
                    });
                }
                '#' => {
                    has_comments = true;
                    characters.find(|&(_, it)| it == '\n');
                }
                ',' => missing_comma = None,
                quote @ ('"' | '\'') => {
                    let (end, _) = characters.find(|&(_, it)| it == quote)?;
                    missing_comma = Some(end + 1);
                }
                _ => {}
            }
        }
        None
    }

    /// Returns the manifest with other strings in the list.
    fn replace(&self, values: &[String]) -> String {
        let quoted: Vec<_> = values.iter().map(|it| format!("\"{it}\"")).collect();
        let line = quoted.join(", ");
        let content = if line.len() > MEMBERS_WIDTH {
            format!("\n    {},\n", quoted.join(",\n    "))
        } else {
            line
        };
        format!("{}{content}{}", self.before, self.after)
    }

    /// Returns the manifest with a further string at the end of the list.
    fn append(&self, value: &str) -> String {
        let mut content = self.content.to_owned();
        if let Some(at) = self.missing_comma {
            content.insert(at, ',');
        }
        let content = content.trim_end();
        let separator = if content.is_empty() { "" } else { " " };
        let added = if self.content.contains('\n') {
            format!("\n    \"{value}\",\n")
        } else {
            format!("{separator}\"{value}\"")
        };
        format!("{}{content}{added}{}", self.before, self.after)
    }
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
    fn keeps_comments_between_members() {
        for (list, expected) in [
            (
                "[ # all [of] them\n    \"a\", # first\n]",
                "[ # all [of] them\n    \"a\", # first\n    \"b\",\n]",
            ),
            (
                "[\n    'a' # no \"comma\"\n    # last ]\n]",
                "[\n    'a', # no \"comma\"\n    # last ]\n    \"b\",\n]",
            ),
            ("[\n    # none\n]", "[\n    # none\n    \"b\",\n]"),
        ] {
            let text = format!("[workspace]\nmembers = {list}\n");
            assert_eq!(
                add_member(&text, "b").unwrap(),
                format!("[workspace]\nmembers = {expected}\n")
            );
        }
    }

    #[test]
    fn edits_only_members() {
        let text = "[workspace] # root\ndefault-members = [\"[a]\"]\n# members = []\n  members=[\"[a]\"]\n\n[workspace.metadata]\nmembers = [\"c\"]\n";
        let added = add_member(text, "b").unwrap();
        assert_eq!(
            added,
            text.replace("  members=[\"[a]\"]", "  members=[\"[a]\", \"b\"]")
        );
        assert!(add_member("workspace.members = [\"a\"]\n", "b").is_err());
        assert!(add_member("[workspace]\nmembers = [\"a\\\"]\"]\n", "b").is_err());
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
            "[workspace]\nexclude = [\"services/abc\"]\nmembers = [\"services/*\"]\nresolver = \"2\"\n"
        );
        let empty = "[workspace]\nmembers = [\"services/*\"]\nexclude = []\n";
        assert_eq!(
            exclude(empty, "services/abc").unwrap(),
            empty.replace("[]", "[\"services/abc\"]")
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
