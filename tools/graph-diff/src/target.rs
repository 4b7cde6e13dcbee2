//! Declared targets, from `bazel query --output=streamed_proto`.
//! Fields: <https://github.com/bazelbuild/bazel/blob/master/src/main/protobuf/build.proto>.

use std::collections::HashMap;
use std::path::PathBuf;

use sha2::{Digest as _, Sha256};

use crate::digest::{hash_field, Digest};
use crate::wire::{delimited, fields, Malformed, Value};
use crate::Error;

const COMMAND: &str = "bazel query --output=streamed_proto";

/// Attributes with the location of a rule or its visibility.
const IGNORED_ATTRIBUTES: [&str; 4] = [
    "generator_function",
    "generator_location",
    "generator_name",
    "visibility",
];

/// A target.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Target {
    Rule {
        class: String,
        is_manual: bool,
        /// Covers its class, attributes and implementation.
        digest: Digest,
    },
    Source(PathBuf),
    /// An output file, whose rule is a dependency, or a package group.
    Other,
}

/// All targets of a query, by label.
#[derive(Debug, Default)]
pub(crate) struct Targets {
    by_label: HashMap<String, Target>,
    /// Digests of `package(features = ...)`, by package.
    features: HashMap<String, Digest>,
}

impl Targets {
    pub(crate) fn parse(mut stream: &[u8]) -> Result<Self, Error> {
        let mut targets = Self::default();
        while !stream.is_empty() {
            delimited(&mut stream)
                .ok_or(Malformed)
                .and_then(|message| targets.add(message))
                .map_err(|Malformed| Error::Output {
                    command: COMMAND,
                    problem: "malformed message".to_owned(),
                })?;
        }
        Ok(targets)
    }

    pub(crate) fn get(&self, label: &str) -> Option<&Target> {
        self.by_label.get(label)
    }

    /// Returns the digest of the features of the label's package.
    pub(crate) fn package_features(&self, label: &str) -> Option<&Digest> {
        self.features.get(package(label))
    }

    fn add(&mut self, message: &[u8]) -> Result<(), Malformed> {
        for field in fields(message) {
            match field? {
                (2, Value::Bytes(rule)) => self.add_rule(rule)?,
                (3, Value::Bytes(file)) => self.add_source(file)?,
                (4..=6, Value::Bytes(other)) => {
                    let name = fields(other).next().ok_or(Malformed)??.1;
                    self.by_label.insert(text(name), Target::Other);
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn add_rule(&mut self, message: &[u8]) -> Result<(), Malformed> {
        let (mut label, mut class, mut is_manual, mut hasher) =
            (String::new(), String::new(), false, Sha256::new());
        for field in fields(message) {
            match field? {
                (1, value) => label = text(value),
                (2, value) => class = text(value),
                (4, Value::Bytes(attribute)) => {
                    let name = text(fields(attribute).next().ok_or(Malformed)??.1);
                    if IGNORED_ATTRIBUTES.contains(&name.as_str()) {
                        continue;
                    }
                    if name == "tags" {
                        is_manual = fields(attribute).any(|field| field == Ok((6, Value::Bytes(b"manual"))));
                    }
                    hash_field(&mut hasher, attribute);
                }
                _ => {}
            }
        }
        hash_field(&mut hasher, class.as_bytes());
        self.by_label.insert(
            label,
            Target::Rule {
                class,
                is_manual,
                digest: hasher.finalize().into(),
            },
        );
        Ok(())
    }

    fn add_source(&mut self, message: &[u8]) -> Result<(), Malformed> {
        let (mut label, mut path, mut features) = (String::new(), String::new(), None::<Sha256>);
        for field in fields(message) {
            match field? {
                (1, value) => label = text(value),
                // PATH:LINE:COLUMN
                (2, value) => text(value)
                    .rsplitn(3, ':')
                    .last()
                    .unwrap_or_default()
                    .clone_into(&mut path),
                (6, value) => hash_field(features.get_or_insert_default(), value.bytes()),
                _ => {}
            }
        }
        if let Some(features) = features {
            self.features
                .insert(package(&label).to_owned(), features.finalize().into());
        }
        self.by_label.insert(label, Target::Source(path.into()));
        Ok(())
    }
}

/// Returns the package of a canonical label, with the repository.
pub(crate) fn package(label: &str) -> &str {
    label.split_once(':').map_or(label, |(package, _)| package)
}

fn text(value: Value<'_>) -> String {
    String::from_utf8_lossy(value.bytes()).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(number: u8, content: &[u8]) -> Vec<u8> {
        [&[number << 3 | 2, u8::try_from(content.len()).unwrap()], content].concat()
    }

    fn stream(field: u8, message: &[u8]) -> Vec<u8> {
        let target = bytes(field, message);
        [&[u8::try_from(target.len()).unwrap()], target.as_slice()].concat()
    }

    fn rule(attributes: &[&[u8]]) -> Targets {
        let mut message = [bytes(1, b"@@//a:a"), bytes(2, b"a_test")].concat();
        for attribute in attributes {
            message.extend(bytes(4, attribute));
        }
        Targets::parse(&stream(2, &message)).unwrap()
    }

    fn digest(attributes: &[&[u8]]) -> Digest {
        let targets = rule(attributes);
        let Some(Target::Rule { digest, .. }) = targets.get("@@//a:a") else {
            panic!("{targets:?}")
        };
        *digest
    }

    #[test]
    fn digest_covers_attributes() {
        let (name, value) = (bytes(1, b"srcs"), bytes(5, b"x"));
        let attribute = [name.clone(), value].concat();
        let other = [name, bytes(5, b"y")].concat();
        assert_eq!(digest(&[&attribute]), digest(&[&attribute]));
        assert_ne!(digest(&[&attribute]), digest(&[&other]));
        assert_ne!(digest(&[&attribute]), digest(&[]));
    }

    #[test]
    fn digest_ignores_location() {
        let location = [bytes(1, b"generator_location"), bytes(5, b"a/BUILD:1:1")].concat();
        assert_eq!(digest(&[&location]), digest(&[]));
    }

    #[test]
    fn detects_manual_rules() {
        let tags = [bytes(1, b"tags"), bytes(6, b"other"), bytes(6, b"manual")].concat();
        assert!(matches!(
            rule(&[&tags]).get("@@//a:a"),
            Some(Target::Rule { is_manual: true, .. })
        ));
        assert!(matches!(
            rule(&[]).get("@@//a:a"),
            Some(Target::Rule { is_manual: false, .. })
        ));
    }

    #[test]
    fn reads_source_paths_and_features() {
        let file = [
            bytes(1, b"@@//a:BUILD"),
            bytes(2, b"/w:1/a/BUILD:1:1"),
            bytes(6, b"thin_lto"),
        ]
        .concat();
        let targets = Targets::parse(&stream(3, &file)).unwrap();
        assert_eq!(
            targets.get("@@//a:BUILD"),
            Some(&Target::Source("/w:1/a/BUILD".into()))
        );
        assert!(
            targets.package_features("@@//a:a").is_some() && targets.package_features("@@//b:a").is_none()
        );
    }

    #[test]
    fn rejects_truncated_streams() {
        assert!(Targets::parse(&[5, 1])
            .unwrap_err()
            .to_string()
            .contains("malformed message"));
    }
}
