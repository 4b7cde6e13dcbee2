//! The configured target graph, from `bazel cquery --output=streamed_proto --transitions=lite`.
//! Fields: <https://github.com/bazelbuild/bazel/blob/master/src/main/protobuf/analysis_v2.proto>.

use std::collections::HashMap;
use std::slice;

use crate::target::{Inputs, Target};
use crate::wire::{delimited, fields, text, Malformed, Value};
use crate::Error;

const COMMAND: &str = "bazel cquery --output=streamed_proto";

/// The configuration of source files.
const NO_CONFIGURATION: &str = "null";

/// Configured targets and their dependencies, resolved toolchains and platforms included.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Graph<'a> {
    pub(crate) nodes: Vec<Node<'a>>,
}

/// A target in one configuration.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Node<'a> {
    pub(crate) label: &'a str,
    pub(crate) configuration: &'a str,
    pub(crate) target: Target<'a>,
    /// Positions in `Graph::nodes`.
    pub(crate) dependencies: Vec<usize>,
}

impl<'a> Graph<'a> {
    /// Reads a stream of length-delimited messages.
    pub(crate) fn parse(mut stream: &'a [u8]) -> Result<Self, Error> {
        let (mut nodes, mut inputs) = (Vec::new(), Vec::new());
        while !stream.is_empty() {
            delimited(&mut stream)
                .ok_or(Malformed)
                .and_then(|message| add_results(message, &mut nodes, &mut inputs))
                .map_err(|Malformed| unexpected("malformed message"))?;
        }
        let resolve = resolver(&nodes);
        let dependencies = nodes
            .iter()
            .zip(&inputs)
            .map(|(node, inputs)| resolve(inputs, node.configuration))
            .collect::<Result<Vec<_>, _>>()?;
        drop(resolve);
        for (node, positions) in nodes.iter_mut().zip(dependencies) {
            node.dependencies = positions;
        }
        Ok(Self { nodes })
    }
}

/// Returns a function from the inputs and the configuration of a node to the positions of its dependencies.
fn resolver<'n, 'a: 'n>(
    nodes: &'n [Node<'a>],
) -> impl Fn(&Inputs<'a>, &str) -> Result<Vec<usize>, Error> + 'n {
    let mut by_label: HashMap<&str, Vec<(&str, usize)>> = HashMap::new();
    for (position, node) in nodes.iter().enumerate() {
        by_label
            .entry(node.label)
            .or_default()
            .push((node.configuration, position));
    }
    move |inputs, configuration| match inputs {
        Inputs::Configured(inputs) => inputs
            .iter()
            .map(|&(label, configuration)| {
                let configuration = configuration.unwrap_or(NO_CONFIGURATION);
                by_label
                    .get(label)
                    .and_then(|nodes| nodes.iter().find(|(other, _)| *other == configuration))
                    .map(|&(_, position)| position)
                    .ok_or_else(|| {
                        unexpected(&format!("no target {label:?} in configuration {configuration}"))
                    })
            })
            .collect(),
        // Bazel does not report the configuration of a file's rule, which is another one if the rule has a transition.
        Inputs::GeneratingRule(label) => by_label
            .get(label)
            .map(|nodes| {
                let same = nodes.iter().find(|(other, _)| *other == configuration);
                let candidates = same.map_or(nodes.as_slice(), slice::from_ref);
                candidates.iter().map(|&(_, position)| position).collect()
            })
            .ok_or_else(|| unexpected(&format!("no target {label:?}"))),
    }
}

/// Adds the configured targets of a message `CqueryResult`.
fn add_results<'a>(
    message: &'a [u8],
    nodes: &mut Vec<Node<'a>>,
    inputs: &mut Vec<Inputs<'a>>,
) -> Result<(), Malformed> {
    for field in fields(message) {
        let (1, Value::Bytes(result)) = field? else {
            continue;
        };
        let (mut target, mut configuration) = (None, None);
        for field in fields(result) {
            match field? {
                (1, Value::Bytes(message)) => target = Some(Target::parse(message)?),
                (2, Value::Bytes(message)) => {
                    for field in fields(message) {
                        if let (4, checksum) = field? {
                            configuration = Some(text(checksum)?);
                        }
                    }
                }
                _ => {}
            }
        }
        let (label, target, own_inputs) = target.ok_or(Malformed)?;
        nodes.push(Node {
            label,
            configuration: configuration.ok_or(Malformed)?,
            target,
            dependencies: Vec::new(),
        });
        inputs.push(own_inputs);
    }
    Ok(())
}

fn unexpected(problem: &str) -> Error {
    Error::Output {
        command: COMMAND,
        problem: problem.to_owned(),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::wire::tests::bytes;

    /// A message of a stream: a target of `Target`'s field, in a configuration.
    pub(crate) fn result(field: u8, target: &[u8], configuration: &str) -> Vec<u8> {
        let result = [
            bytes(1, &bytes(field, target)),
            bytes(2, &bytes(4, configuration.as_bytes())),
        ]
        .concat();
        let message = bytes(1, &result);
        [&[u8::try_from(message.len()).unwrap()], message.as_slice()].concat()
    }

    /// A message `Rule` that depends on configured targets.
    pub(crate) fn rule(label: &str, inputs: &[(&str, Option<&str>)]) -> Vec<u8> {
        let mut message = [bytes(1, label.as_bytes()), bytes(2, b"a_test")].concat();
        for (label, configuration) in inputs {
            let configuration = configuration.map(|configuration| bytes(2, configuration.as_bytes()));
            message.extend(bytes(
                15,
                &[bytes(1, label.as_bytes()), configuration.unwrap_or_default()].concat(),
            ));
        }
        message
    }

    fn edges(stream: &[u8]) -> Vec<(String, Vec<usize>)> {
        let nodes = Graph::parse(stream).unwrap().nodes.into_iter();
        nodes
            .map(|node| {
                (
                    format!("{} {}", node.label, node.configuration),
                    node.dependencies,
                )
            })
            .collect()
    }

    #[test]
    fn reads_nodes_and_edges() {
        let stream = [
            result(
                2,
                &rule("@@//:a", &[("@@//:b c", None), ("@@//:a", Some("2f"))]),
                "1f",
            ),
            result(2, &rule("@@//:a", &[]), "2f"),
            result(3, &bytes(1, b"@@//:b c"), NO_CONFIGURATION),
        ]
        .concat();
        assert_eq!(
            edges(&stream),
            [
                ("@@//:a 1f".to_owned(), vec![2, 1]),
                ("@@//:a 2f".to_owned(), vec![]),
                ("@@//:b c null".to_owned(), vec![]),
            ]
        );
    }

    #[test]
    fn files_depend_on_generating_rule() {
        let file = [bytes(1, b"@@//:o"), bytes(2, b"@@//:a")].concat();
        let stream = [
            result(4, &file, "2f"),
            result(4, &file, "3f"),
            result(2, &rule("@@//:a", &[]), "1f"),
            result(2, &rule("@@//:a", &[]), "2f"),
        ]
        .concat();
        assert_eq!(
            edges(&stream).get(..2),
            Some(
                &[
                    ("@@//:o 2f".to_owned(), vec![3]),
                    ("@@//:o 3f".to_owned(), vec![2, 3])
                ][..]
            )
        );
    }

    #[test]
    fn rejects_incomplete_streams() {
        let missing = result(2, &rule("@@//:a", &[("@@//:b", Some("2f"))]), "1f");
        for (stream, problem) in [
            (&[5, 1][..], "malformed message"),
            (&missing, "no target \"@@//:b\" in configuration 2f"),
        ] {
            let error = Graph::parse(stream).unwrap_err().to_string();
            assert!(error.contains(problem), "{error}");
        }
    }
}
