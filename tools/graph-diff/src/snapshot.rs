//! Hashes of the configured targets of a workspace.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use sha2::{Digest as _, Sha256};

use crate::bazel::Bazel;
use crate::cli::Scope;
use crate::content::Contents;
use crate::digest::{hash_field, Digest};
use crate::graph::{Graph, Node};
use crate::target::{package, Target};
use crate::Error;

/// Rules that create images, and rules that forward the outputs of another target.
const IMAGE_CLASSES: [&str; 2] = ["oci_image", "oci_image_index"];
const FORWARDING_CLASSES: [&str; 2] = ["alias", "release"];

/// The main repository in canonical labels.
const MAIN_REPOSITORY: &str = "@@//";

/// A rule of the workspace that a pattern such as //... matches.
#[derive(Debug)]
pub(crate) struct Rule {
    pub(crate) label: String,
    pub(crate) class: String,
    pub(crate) is_image: bool,
    /// One per configuration.
    pub(crate) hashes: Vec<Digest>,
}

/// The state of a configured target graph.
#[derive(Debug)]
pub(crate) struct Snapshot {
    pub(crate) rules: Vec<Rule>,
}

impl Snapshot {
    /// Returns the hashes of all rules. A hash covers the label.
    pub(crate) fn hashes(self) -> HashSet<Digest> {
        self.rules.into_iter().flat_map(|rule| rule.hashes).collect()
    }
}

/// Computes the hashes of the scope's targets with Bazel.
pub(crate) fn analyze(
    bazel: &Bazel,
    workspace: &Path,
    scope: &Scope,
    contents: &mut Contents,
) -> Result<Snapshot, Error> {
    let stream = bazel.configured_targets(workspace, &scope.pattern())?;
    let graph = Graph::parse(&stream)?;
    let own = graph
        .nodes
        .iter()
        .map(|node| match &node.target {
            Target::Rule { digest, .. } => Ok(*digest),
            Target::Source(path) => contents.digest(path, workspace),
            Target::Other => Ok(Digest::default()),
        })
        .collect::<Result<Vec<_>, _>>()?;
    let hashes = node_hashes(&graph, &own);
    Ok(Snapshot {
        rules: rules(&graph, scope, &hashes),
    })
}

/// Computes the hash of each node, dependencies first.
fn node_hashes(graph: &Graph<'_>, own: &[Digest]) -> Vec<Digest> {
    let mut hashes: Vec<Option<Digest>> = vec![None; graph.nodes.len()];
    let mut pending: Vec<(usize, bool)> = (0..graph.nodes.len()).map(|position| (position, false)).collect();
    while let Some((position, is_expanded)) = pending.pop() {
        let Some(node) = graph.nodes.get(position) else {
            continue;
        };
        let known = |position: &usize| hashes.get(*position).copied().flatten();
        if known(&position).is_some() {
            continue;
        }
        if is_expanded {
            let hash = node_hash(
                node,
                own.get(position),
                node.dependencies.iter().filter_map(known).collect(),
            );
            if let Some(slot) = hashes.get_mut(position) {
                *slot = Some(hash);
            }
        } else {
            pending.push((position, true));
            pending.extend(
                node.dependencies
                    .iter()
                    .filter(|position| known(position).is_none())
                    .map(|&position| (position, false)),
            );
        }
    }
    hashes.into_iter().map(Option::unwrap_or_default).collect()
}

fn node_hash(node: &Node<'_>, own: Option<&Digest>, mut dependencies: Vec<Digest>) -> Digest {
    dependencies.sort_unstable();
    dependencies.dedup();
    let mut hasher = Sha256::new();
    hash_field(&mut hasher, node.label.as_bytes());
    hash_field(&mut hasher, node.configuration.as_bytes());
    hasher.update(own.copied().unwrap_or_default());
    for dependency in dependencies {
        hasher.update(dependency);
    }
    hasher.finalize().into()
}

fn rules(graph: &Graph<'_>, scope: &Scope, hashes: &[Digest]) -> Vec<Rule> {
    let mut by_label: HashMap<&str, Rule> = HashMap::new();
    for (node, hash) in graph.nodes.iter().zip(hashes) {
        let Target::Rule {
            class,
            is_manual: false,
            ..
        } = node.target
        else {
            continue;
        };
        let Some(name) = node.label.strip_prefix(MAIN_REPOSITORY) else {
            continue;
        };
        if !scope.contains(package(name)) {
            continue;
        }
        let rule = by_label.entry(node.label).or_insert_with(|| Rule {
            label: format!("//{name}"),
            class: class.to_owned(),
            is_image: false,
            hashes: Vec::new(),
        });
        rule.is_image |= is_image(node, class, graph);
        rule.hashes.push(*hash);
    }
    by_label.into_values().collect()
}

fn is_image(node: &Node<'_>, class: &str, graph: &Graph<'_>) -> bool {
    let creates_image = |class: &str| IMAGE_CLASSES.contains(&class);
    creates_image(class)
        || FORWARDING_CLASSES.contains(&class)
            && node.dependencies.iter().filter_map(|&position| graph.nodes.get(position)).any(
                |dependency| matches!(dependency.target, Target::Rule { class, .. } if creates_image(class)),
            )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the hashes of `LABEL CONFIGURATION`.
    fn hashes(graph: &Graph<'_>, own: &[u8]) -> HashMap<String, Digest> {
        let own: Vec<_> = own.iter().map(|&byte| [byte; 32]).collect();
        let names = graph
            .nodes
            .iter()
            .map(|node| format!("{} {}", node.label, node.configuration));
        names.zip(node_hashes(graph, &own)).collect()
    }

    fn node(label: &'static str, configuration: &'static str, dependencies: Vec<usize>) -> Node<'static> {
        Node {
            label,
            configuration,
            target: Target::Other,
            dependencies,
        }
    }

    fn graph() -> Graph<'static> {
        Graph {
            nodes: vec![
                node("t", "1", vec![1, 3]),
                node("l", "1", vec![3]),
                node("l", "2", vec![3]),
                node("s", "null", vec![]),
                node("u", "1", vec![]),
            ],
        }
    }

    fn changed(before: &HashMap<String, Digest>, after: &HashMap<String, Digest>) -> Vec<String> {
        let mut names: Vec<_> = after
            .iter()
            .filter(|(name, hash)| before.get(*name) != Some(*hash))
            .map(|(name, _)| name.clone())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn hash_covers_dependencies() {
        let before = hashes(&graph(), &[0, 0, 0, 1, 0]);
        let after = hashes(&graph(), &[0, 0, 0, 2, 0]);
        assert_eq!(changed(&before, &after), ["l 1", "l 2", "s null", "t 1"]);
    }

    #[test]
    fn hash_covers_edges_and_configuration() {
        let before = hashes(&graph(), &[0; 5]);
        let mut other = graph();
        other.nodes[2].configuration = "3";
        other.nodes[4].dependencies.push(2);
        assert_eq!(changed(&before, &hashes(&other, &[0; 5])), ["l 3", "u 1"]);
    }
}
