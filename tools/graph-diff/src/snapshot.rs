//! Hashes of the configured targets of a workspace.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::mem;
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
#[derive(Debug, Default)]
pub(crate) struct Snapshot {
    pub(crate) rules: Vec<Rule>,
}

impl Snapshot {
    /// Returns the hashes of all rules. A hash covers the label.
    pub(crate) fn hashes(self) -> HashSet<Digest> {
        self.rules.into_iter().flat_map(|rule| rule.hashes).collect()
    }
}

/// Computes the hashes of the scope's targets with Bazel. Files of the workspace may be links to others in its checkout.
pub(crate) fn analyze(
    bazel: &Bazel,
    workspace: &Path,
    checkout: &Path,
    scope: &Scope,
    contents: &mut Contents,
) -> Result<Snapshot, Error> {
    let checkout = fs::canonicalize(checkout).map_err(Error::file("read", checkout))?;
    let stream = bazel.configured_targets(workspace, &scope.pattern())?;
    let graph = Graph::parse(&stream)?;
    let own = graph
        .nodes
        .iter()
        .map(|node| match &node.target {
            Target::Rule { digest, .. } => Ok(*digest),
            Target::Source(path) => contents.digest(path, &checkout),
            Target::Other => Ok(Digest::default()),
        })
        .collect::<Result<Vec<_>, _>>()?;
    let hashes = node_hashes(&graph, &own);
    Ok(Snapshot {
        rules: rules(&graph, scope, &hashes),
    })
}

/// Computes the hash of each node. A dependency that another dependency reaches does not contribute, because cquery reports dependencies of
/// aspects, which are such, in the order in which the server evaluated them, and omits some.
fn node_hashes(graph: &Graph<'_>, own: &[Digest]) -> Vec<Digest> {
    let order = dependencies_first(graph);
    let mut ranks = vec![usize::MAX; graph.nodes.len()];
    let mut hashes = vec![Digest::default(); graph.nodes.len()];
    // By rank.
    let mut closures: Vec<RankSet> = Vec::with_capacity(order.len());
    for (rank, &position) in order.iter().enumerate() {
        let Some(node) = graph.nodes.get(position) else {
            continue;
        };
        let mut dependencies: Vec<_> = node
            .dependencies
            .iter()
            .filter_map(|&dependency| Some((*ranks.get(dependency)?, *hashes.get(dependency)?)))
            .filter(|&(rank, _)| rank != usize::MAX)
            .collect();
        dependencies.sort_unstable();
        let mut closure = RankSet::default();
        // Of two dependencies, only the one with the higher rank can reach the other.
        let direct = dependencies
            .into_iter()
            .rev()
            .filter(|&(rank, _)| {
                let is_new = !closure.contains(rank);
                if is_new {
                    closure.insert(rank);
                    if let Some(other) = closures.get(rank) {
                        closure.union(other);
                    }
                }
                is_new
            })
            .map(|(_, hash)| hash)
            .collect();
        let hash = node_hash(node, own.get(position), direct);
        if let (Some(own_rank), Some(slot)) = (ranks.get_mut(position), hashes.get_mut(position)) {
            (*own_rank, *slot) = (rank, hash);
        }
        closures.push(closure);
    }
    hashes
}

/// Returns the positions of all nodes, each after its dependencies.
fn dependencies_first(graph: &Graph<'_>) -> Vec<usize> {
    let mut order = Vec::with_capacity(graph.nodes.len());
    let mut is_visited = vec![false; graph.nodes.len()];
    let mut pending: Vec<(usize, bool)> = (0..graph.nodes.len()).map(|position| (position, false)).collect();
    while let Some((position, is_expanded)) = pending.pop() {
        if is_expanded {
            order.push(position);
            continue;
        }
        let (Some(node), Some(is_visited)) = (graph.nodes.get(position), is_visited.get_mut(position)) else {
            continue;
        };
        if !mem::replace(is_visited, true) {
            pending.push((position, true));
            pending.extend(node.dependencies.iter().map(|&dependency| (dependency, false)));
        }
    }
    order
}

/// A set of positions in the order.
#[derive(Debug, Default)]
struct RankSet(Vec<u64>);

impl RankSet {
    fn contains(&self, rank: usize) -> bool {
        self.0
            .get(rank / 64)
            .is_some_and(|bits| bits >> (rank % 64) & 1 == 1)
    }

    fn insert(&mut self, rank: usize) {
        if self.0.len() <= rank / 64 {
            self.0.resize(rank / 64 + 1, 0);
        }
        if let Some(bits) = self.0.get_mut(rank / 64) {
            *bits |= 1 << (rank % 64);
        }
    }

    fn union(&mut self, other: &Self) {
        if self.0.len() < other.0.len() {
            self.0.resize(other.0.len(), 0);
        }
        for (bits, more) in self.0.iter_mut().zip(&other.0) {
            *bits |= more;
        }
    }
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

    #[test]
    fn hash_ignores_indirect_dependencies() {
        let before = hashes(&graph(), &[0; 5]);
        let mut other = graph();
        other.nodes[0].dependencies = vec![1];
        assert_eq!(changed(&before, &hashes(&other, &[0; 5])), [""; 0]);
    }

    #[test]
    fn hashes_cyclic_graphs() {
        let mut cyclic = graph();
        cyclic.nodes[3].dependencies.push(0);
        assert_eq!(hashes(&cyclic, &[0; 5]).len(), 5);
    }
}
