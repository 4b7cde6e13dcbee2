//! Targets of a configured graph.
//! Fields: <https://github.com/bazelbuild/bazel/blob/master/src/main/protobuf/build.proto>.

use std::path::Path;

use sha2::{Digest as _, Sha256};

use crate::digest::{hash_field, Digest};
use crate::wire::{fields, text, Malformed, Value};

/// Attributes with the location of a rule or its visibility.
const IGNORED_ATTRIBUTES: [&str; 4] = [
    "generator_function",
    "generator_location",
    "generator_name",
    "visibility",
];

/// A target.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Target<'a> {
    Rule {
        class: &'a str,
        is_manual: bool,
        /// Covers its class, attributes, implementation and the features of its package.
        digest: Digest,
    },
    Source(&'a Path),
    /// An output file, whose rule is a dependency, or a package group.
    Other,
}

/// The direct dependencies of a target.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Inputs<'a> {
    /// Labels and configurations.
    Configured(Vec<(&'a str, Option<&'a str>)>),
    GeneratingRule(&'a str),
}

impl<'a> Target<'a> {
    /// Reads a message `Target`; returns its label, too.
    pub(crate) fn parse(message: &'a [u8]) -> Result<(&'a str, Self, Inputs<'a>), Malformed> {
        for field in fields(message) {
            match field? {
                (2, Value::Bytes(rule)) => return parse_rule(rule),
                (3, Value::Bytes(file)) => return parse_source(file),
                (4, Value::Bytes(file)) => return parse_output(file),
                (5..=6, Value::Bytes(group)) => {
                    let label = text(fields(group).next().ok_or(Malformed)??.1)?;
                    return Ok((label, Self::Other, Inputs::Configured(Vec::new())));
                }
                _ => {}
            }
        }
        Err(Malformed)
    }
}

fn parse_rule(message: &[u8]) -> Result<(&str, Target<'_>, Inputs<'_>), Malformed> {
    let (mut label, mut class, mut is_manual, mut inputs, mut hasher) =
        ("", "", false, Vec::new(), Sha256::new());
    for field in fields(message) {
        match field? {
            (1, value) => label = text(value)?,
            (2, value) => class = text(value)?,
            (4, Value::Bytes(attribute)) => {
                let name = text(fields(attribute).next().ok_or(Malformed)??.1)?;
                if IGNORED_ATTRIBUTES.contains(&name) {
                    continue;
                }
                if name == "tags" {
                    is_manual = fields(attribute).any(|field| field == Ok((6, Value::Bytes(b"manual"))));
                }
                hash_field(&mut hasher, attribute);
            }
            // A feature of the package.
            (7, Value::Bytes(feature)) => hash_field(&mut hasher, feature),
            (15, Value::Bytes(input)) => inputs.push(parse_input(input)?),
            _ => {}
        }
    }
    hash_field(&mut hasher, class.as_bytes());
    let target = Target::Rule {
        class,
        is_manual,
        digest: hasher.finalize().into(),
    };
    Ok((label, target, Inputs::Configured(inputs)))
}

fn parse_input(message: &[u8]) -> Result<(&str, Option<&str>), Malformed> {
    let (mut label, mut configuration) = ("", None);
    for field in fields(message) {
        match field? {
            (1, value) => label = text(value)?,
            (2, value) => configuration = Some(text(value)?),
            _ => {}
        }
    }
    Ok((label, configuration))
}

fn parse_source(message: &[u8]) -> Result<(&str, Target<'_>, Inputs<'_>), Malformed> {
    let (mut label, mut path) = ("", "");
    for field in fields(message) {
        match field? {
            (1, value) => label = text(value)?,
            // PATH:LINE:COLUMN
            (2, value) => path = text(value)?.rsplitn(3, ':').last().unwrap_or_default(),
            _ => {}
        }
    }
    let target = Target::Source(Path::new(path));
    Ok((label, target, Inputs::Configured(Vec::new())))
}

fn parse_output(message: &[u8]) -> Result<(&str, Target<'_>, Inputs<'_>), Malformed> {
    let (mut label, mut rule) = ("", "");
    for field in fields(message) {
        match field? {
            (1, value) => label = text(value)?,
            (2, value) => rule = text(value)?,
            _ => {}
        }
    }
    Ok((label, Target::Other, Inputs::GeneratingRule(rule)))
}

/// Returns the package of a canonical label, with the repository.
pub(crate) fn package(label: &str) -> &str {
    label.split_once(':').map_or(label, |(package, _)| package)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::tests::bytes;

    fn rule(fields: &[&[u8]]) -> (Digest, bool) {
        let message = [bytes(1, b"@@//a:a"), bytes(2, b"a_test"), fields.concat()].concat();
        let (_, target, _) = parse_rule(&message).unwrap();
        let Target::Rule {
            digest, is_manual, ..
        } = target
        else {
            panic!("{target:?}")
        };
        (digest, is_manual)
    }

    fn digest(fields: &[&[u8]]) -> Digest {
        rule(fields).0
    }

    fn attribute(name: &[u8], value: &[u8]) -> Vec<u8> {
        bytes(4, &[bytes(1, name), bytes(6, value)].concat())
    }

    #[test]
    fn digest_covers_attributes_and_features() {
        let (first, other) = (attribute(b"srcs", b"x"), attribute(b"srcs", b"y"));
        assert_eq!(digest(&[&first]), digest(&[&first]));
        assert_ne!(digest(&[&first]), digest(&[&other]));
        assert_ne!(digest(&[&first]), digest(&[]));
        assert_ne!(digest(&[&bytes(7, b"thin_lto")]), digest(&[]));
    }

    #[test]
    fn digest_ignores_location() {
        let location = attribute(b"generator_location", b"a/BUILD:1:1");
        assert_eq!(digest(&[&location, &bytes(3, b"a/BUILD:1:1")]), digest(&[]));
    }

    #[test]
    fn detects_manual_rules() {
        assert!(rule(&[&attribute(b"tags", b"manual")]).1);
        assert!(!rule(&[&attribute(b"tags", b"other")]).1 && !rule(&[]).1);
    }

    #[test]
    fn reads_source_paths() {
        let file = [bytes(1, b"@@//a:b"), bytes(2, b"/w:1/a/b:1:1")].concat();
        assert_eq!(
            Target::parse(&bytes(3, &file)),
            Ok((
                "@@//a:b",
                Target::Source(Path::new("/w:1/a/b")),
                Inputs::Configured(Vec::new())
            ))
        );
    }
}
