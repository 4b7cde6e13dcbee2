//! Licenses: SPDX expressions, and the policy.

use std::collections::BTreeMap;
use std::path::Path;

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
    licenses: Lists,
}

#[derive(Deserialize)]
struct Lists {
    allow: Vec<String>,
    #[serde(default)]
    exceptions: Vec<Exception>,
}

#[derive(Deserialize)]
struct Exception {
    #[serde(rename = "crate")]
    name: String,
    allow: Vec<String>,
}

/// The allowed licenses: for all crates, and for individual crates.
pub(crate) struct Policy {
    allow: Vec<Licensee>,
    exceptions: BTreeMap<String, Vec<Licensee>>,
}

impl Policy {
    pub(crate) fn read(path: &Path) -> Result<Self, Error> {
        let deny: Deny = files::toml(path)?;
        let parse = |names: &[String]| {
            names
                .iter()
                .map(|name| {
                    Licensee::parse(name).map_err(|error| {
                        files::content(path, format!("invalid license {name:?}: {}", error.reason))
                    })
                })
                .collect::<Result<Vec<_>, _>>()
        };
        let mut exceptions = BTreeMap::new();
        for exception in &deny.licenses.exceptions {
            exceptions.insert(exception.name.clone(), parse(&exception.allow)?);
        }
        Ok(Self {
            allow: parse(&deny.licenses.allow)?,
            exceptions,
        })
    }

    /// Whether a choice of the license expression is allowed for the crate.
    pub(crate) fn allows(&self, crate_name: &str, license: &str) -> bool {
        let own = self.exceptions.get(crate_name);
        Expression::parse_mode(license, ParseMode::LAX).is_ok_and(|expression| {
            expression.evaluate(|wanted| {
                self.allow
                    .iter()
                    .chain(own.into_iter().flatten())
                    .any(|allowed| allowed.satisfies(wanted))
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy() -> Policy {
        let parse = |names: &[&str]| names.iter().map(|name| Licensee::parse(name).unwrap()).collect();
        Policy {
            allow: parse(&["MIT", "Apache-2.0", "Apache-2.0 WITH LLVM-exception"]),
            exceptions: BTreeMap::from([("rare".to_owned(), parse(&["Zlib"]))]),
        }
    }

    #[test]
    fn allows_any_choice() {
        let allows = |license| policy().allows("some", license);
        assert!(allows("MIT"));
        assert!(allows("GPL-3.0-only OR MIT"));
        assert!(allows("Apache-2.0 WITH LLVM-exception"));
        assert!(!allows("MIT AND Zlib"));
        assert!(!allows("GPL-3.0-only"));
        assert!(!allows("not a license"));
        assert!(policy().allows("rare", "MIT AND Zlib"));
    }

    #[test]
    fn converts_old_expressions() {
        assert_eq!(to_spdx("MIT/Apache-2.0").as_deref(), Some("MIT OR Apache-2.0"));
        assert_eq!(to_spdx("MIT OR Apache-2.0").as_deref(), Some("MIT OR Apache-2.0"));
        assert_eq!(to_spdx("my own"), None);
    }
}
