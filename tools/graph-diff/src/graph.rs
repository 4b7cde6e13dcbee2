//! The configured target graph, from `bazel cquery --output=graph --nograph:factored`.

use std::collections::HashMap;

use crate::Error;

const COMMAND: &str = "bazel cquery --output=graph";

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
    /// Positions in `Graph::nodes`.
    pub(crate) dependencies: Vec<usize>,
}

impl<'a> Graph<'a> {
    pub(crate) fn parse(text: &'a str) -> Result<Self, Error> {
        let mut graph = Self::default();
        let mut known = HashMap::new();
        for line in text.lines() {
            let Some(content) = line
                .trim()
                .strip_prefix('"')
                .and_then(|line| line.strip_suffix('"'))
            else {
                continue;
            };
            let mut names = content.split("\" -> \"");
            let from = graph.node(names.next().unwrap_or_default(), &mut known)?;
            for name in names {
                let to = graph.node(name, &mut known)?;
                if let Some(node) = graph.nodes.get_mut(from) {
                    node.dependencies.push(to);
                }
            }
        }
        Ok(graph)
    }

    /// Returns the position of the node `LABEL (CONFIGURATION)`, which it adds if necessary.
    fn node(&mut self, name: &'a str, known: &mut HashMap<&'a str, usize>) -> Result<usize, Error> {
        if let Some(&position) = known.get(name) {
            return Ok(position);
        }
        let (label, configuration) = name
            .strip_suffix(')')
            .and_then(|name| name.rsplit_once(" ("))
            .ok_or_else(|| Error::Output {
                command: COMMAND,
                problem: format!("node {name:?} has no configuration"),
            })?;
        let position = self.nodes.len();
        self.nodes.push(Node {
            label,
            configuration,
            dependencies: Vec::new(),
        });
        known.insert(name, position);
        Ok(position)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_nodes_and_edges() {
        let graph = Graph::parse(
            "digraph mygraph {\n  node [shape=box];\n  \"@@//a:a (1f)\"\n  \"@@//a:a (1f)\" -> \"@@//a:b c.rs (null)\"\n  \"@@//a:b c.rs (null)\"\n}\n",
        )
        .unwrap();
        assert_eq!(
            graph.nodes,
            [
                Node {
                    label: "@@//a:a",
                    configuration: "1f",
                    dependencies: vec![1]
                },
                Node {
                    label: "@@//a:b c.rs",
                    configuration: "null",
                    dependencies: vec![]
                },
            ]
        );
    }

    #[test]
    fn rejects_nodes_without_configuration() {
        assert!(Graph::parse("  \"@@//a:a\"\n")
            .unwrap_err()
            .to_string()
            .contains("node \"@@//a:a\" has no configuration"));
    }
}
