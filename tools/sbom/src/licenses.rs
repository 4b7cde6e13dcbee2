//! Licenses: SPDX expressions, and the policy.

use std::path::Path;

use link_tool::Key;
use serde::de::IgnoredAny;
use serde::Deserialize;
use spdx::{Expression, Licensee, ParseMode};

use crate::{files, Error};

/// The SPDX expression of a manifest's license, if it is valid; the old form `MIT/Apache-2.0` is `MIT OR Apache-2.0`.
pub(crate) fn to_spdx(license: &str) -> Option<String> {
    let text = Expression::canonicalize(license)
        .ok()
        .flatten()
        .unwrap_or_else(|| license.to_owned());
    Expression::parse(&text).ok().map(|_| text)
}

/// The section `licenses` of cargo-deny's deny.toml.
#[derive(Deserialize)]
struct Deny {
    licenses: Section,
}

/// Other keys are errors, because they could change the result.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Section {
    allow: Vec<String>,
    #[serde(default)]
    exceptions: Vec<Exception>,
    #[serde(default)]
    clarify: Vec<Clarification>,
    #[serde(default)]
    private: Private,
    // These keys apply to the text of licenses, to crates that no program links, or to warnings.
    #[serde(rename = "confidence-threshold")]
    _confidence_threshold: Option<IgnoredAny>,
    #[serde(rename = "include-build")]
    _include_build: Option<IgnoredAny>,
    #[serde(rename = "include-dev")]
    _include_dev: Option<IgnoredAny>,
    #[serde(rename = "unused-allowed-license")]
    _unused_allowed_license: Option<IgnoredAny>,
    #[serde(rename = "unused-license-exception")]
    _unused_license_exception: Option<IgnoredAny>,
    #[serde(rename = "version")]
    _version: Option<IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Exception {
    #[serde(rename = "crate")]
    spec: String,
    allow: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Clarification {
    #[serde(rename = "crate")]
    spec: String,
    expression: String,
    // Not an input of the check.
    #[serde(rename = "license-files")]
    _license_files: Option<IgnoredAny>,
}

#[derive(Default, Deserialize)]
struct Private {
    #[serde(default)]
    ignore: bool,
}

/// A package specification: `NAME`, or `NAME@VERSION` with one to three numbers.
struct Spec {
    name: String,
    version: Option<String>,
}

impl Spec {
    fn parse(text: &str) -> Result<Self, String> {
        let (name, version) = text
            .split_once('@')
            .map_or((text, None), |(name, version)| (name, Some(version)));
        if name.contains(':') || version.is_some_and(|it| !it.starts_with(|c: char| c.is_ascii_digit())) {
            return Err(format!(
                "unsupported crate {text:?}: expected NAME or NAME@VERSION"
            ));
        }
        Ok(Self {
            name: name.to_owned(),
            version: version.map(str::to_owned),
        })
    }

    fn matches(&self, (name, version): &Key) -> bool {
        let version = version.split('+').next().unwrap_or_default();
        self.name == *name
            && self.version.as_ref().is_none_or(|expected| {
                version
                    .strip_prefix(expected.as_str())
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
            })
    }
}

/// The allowed licenses, for all crates and for individual crates, and the licenses of crates whose manifest has another or none.
pub(crate) struct Policy {
    allow: Vec<Licensee>,
    exceptions: Vec<(Spec, Vec<Licensee>)>,
    clarifications: Vec<(Spec, String)>,
}

impl Policy {
    pub(crate) fn read(path: &Path) -> Result<Self, Error> {
        let deny: Deny = files::toml(path)?;
        Self::new(deny.licenses).map_err(|problem| files::content(path, problem))
    }

    fn new(section: Section) -> Result<Self, String> {
        if section.private.ignore {
            let problem = "unsupported value \"true\" of licenses.private.ignore: expected false; give private crates a license, as in\n  \
                           license = \"LicenseRef-Proprietary\"\nand add it to licenses.allow";
            return Err(problem.to_owned());
        }
        let exception = |it: Exception| Ok((Spec::parse(&it.spec)?, licensees(&it.allow)?));
        let clarification = |it: Clarification| {
            let license = to_spdx(&it.expression)
                .ok_or_else(|| format!("invalid expression {:?} of {:?}", it.expression, it.spec))?;
            Ok((Spec::parse(&it.spec)?, license))
        };
        Ok(Self {
            allow: licensees(&section.allow)?,
            exceptions: section
                .exceptions
                .into_iter()
                .map(exception)
                .collect::<Result<_, String>>()?,
            clarifications: section
                .clarify
                .into_iter()
                .map(clarification)
                .collect::<Result<_, String>>()?,
        })
    }

    /// The license expression that the policy has for a crate, in place of that of its manifest.
    pub(crate) fn clarified(&self, it: &Key) -> Option<&str> {
        let found = self.clarifications.iter().find(|(spec, _)| spec.matches(it));
        found.map(|(_, license)| license.as_str())
    }

    /// Whether a choice of the license expression is allowed for the crate.
    pub(crate) fn allows(&self, it: &Key, license: &str) -> bool {
        let exceptions = self.exceptions.iter().filter(|(spec, _)| spec.matches(it));
        let allowed: Vec<_> = self
            .allow
            .iter()
            .chain(exceptions.flat_map(|(_, allow)| allow))
            .collect();
        Expression::parse_mode(license, ParseMode::LAX).is_ok_and(|expression| {
            expression.evaluate(|wanted| allowed.iter().any(|it| it.satisfies(wanted)))
        })
    }
}

fn licensees(names: &[String]) -> Result<Vec<Licensee>, String> {
    let parse = |name: &String| {
        Licensee::parse(name).map_err(|error| format!("invalid license {name:?}: {}", error.reason))
    };
    names.iter().map(parse).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(more: &str) -> Result<Policy, String> {
        let text = format!("allow = [\"MIT\", \"Apache-2.0\", \"Apache-2.0 WITH LLVM-exception\"]\n{more}");
        let section = basic_toml::from_str(&text).map_err(|error| error.to_string())?;
        Policy::new(section)
    }

    fn key(name: &str, version: &str) -> Key {
        (name.to_owned(), version.to_owned())
    }

    #[test]
    fn allows_any_choice() {
        let policy = policy("").unwrap();
        let allows = |license| policy.allows(&key("some", "1.0.0"), license);
        assert!(allows("MIT"));
        assert!(allows("GPL-3.0-only OR MIT"));
        assert!(allows("Apache-2.0 WITH LLVM-exception"));
        assert!(!allows("MIT AND Zlib"));
        assert!(!allows("GPL-3.0-only"));
        assert!(!allows("not a license"));
    }

    #[test]
    fn merges_exceptions_of_a_crate() {
        let policy = policy(
            "exceptions = [
                { crate = \"rare\", allow = [\"Zlib\"] },
                { crate = \"rare\", allow = [\"ISC\"] },
                { crate = \"rare@1.2\", allow = [\"GPL-3.0-only\"] },
            ]",
        )
        .unwrap();
        assert!(policy.allows(&key("rare", "2.0.0"), "MIT AND Zlib AND ISC"));
        assert!(policy.allows(&key("rare", "1.2.3+4"), "GPL-3.0-only"));
        assert!(!policy.allows(&key("rare", "1.20.0"), "GPL-3.0-only"));
        assert!(!policy.allows(&key("other", "1.2.3"), "Zlib"));
    }

    #[test]
    fn reads_clarifications() {
        let policy = policy(
            "[[clarify]]\ncrate = \"odd@1.0.0\"\nexpression = \"MIT/Zlib\"\nlicense-files = [{ path = \"LICENSE\", hash = 1 }]",
        )
        .unwrap();
        assert_eq!(policy.clarified(&key("odd", "1.0.0")), Some("MIT OR Zlib"));
        assert_eq!(policy.clarified(&key("odd", "1.0.1")), None);
    }

    #[test]
    fn rejects_unsupported_keys() {
        for (more, problem) in [
            ("copyleft = \"allow\"", "unknown field `copyleft`"),
            (
                "exceptions = [{ name = \"a\", allow = [] }]",
                "unknown field `name`",
            ),
            (
                "exceptions = [{ crate = \"a:<=1\", allow = [] }]",
                "unsupported crate \"a:<=1\"",
            ),
            (
                "exceptions = [{ crate = \"a@^1\", allow = [] }]",
                "unsupported crate \"a@^1\"",
            ),
            (
                "clarify = [{ crate = \"a\", expression = \"my own\" }]",
                "invalid expression \"my own\" of \"a\"",
            ),
            ("private = { ignore = true }", "licenses.private.ignore"),
        ] {
            let error = policy(more).err().unwrap_or_default();
            assert!(error.contains(problem), "{more}: {error}");
        }
        policy("version = 2\nconfidence-threshold = 0.9\nprivate = { ignore = false }").unwrap();
    }

    #[test]
    fn converts_old_expressions() {
        assert_eq!(to_spdx("MIT/Apache-2.0").as_deref(), Some("MIT OR Apache-2.0"));
        assert_eq!(to_spdx("MIT OR Apache-2.0").as_deref(), Some("MIT OR Apache-2.0"));
        assert_eq!(
            to_spdx("LicenseRef-Proprietary").as_deref(),
            Some("LicenseRef-Proprietary")
        );
        assert_eq!(to_spdx("my own"), None);
    }
}
