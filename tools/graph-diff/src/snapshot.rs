//! Hashes of the configured targets of a workspace.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use sha2::{Digest as _, Sha256};

use crate::bazel::Bazel;
use crate::cli::Scope;
use crate::content::Contents;
use crate::digest::{hash_field, Digest};
use crate::graph::{Graph, Node};
use crate::target::{package, Target, Targets};
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
    let text = bazel.configured_graph(workspace, &scope.pattern())?;
    let graph = Graph::parse(&text)?;
    let mut labels: Vec<_> = graph.nodes.iter().map(|node| node.label.to_owned()).collect();
    labels.extend(build_files(&graph, workspace));
    labels.sort_unstable();
    labels.dedup();
    let stream = bazel.targets(workspace, &labels)?;
    let targets = Targets::parse(&stream)?;
    let mut own = HashMap::new();
    for node in &graph.nodes {
        if !own.contains_key(node.label) {
            own.insert(node.label, own_digest(node.label, &targets, workspace, contents)?);
        }
    }
    let hashes = node_hashes(&graph, &own);
    Ok(Snapshot {
        rules: rules(&graph, &targets, scope, &hashes),
    })
}

/// Returns labels of the main repository's BUILD files, with which Bazel reports the features of packages.
fn build_files(graph: &Graph<'_>, workspace: &Path) -> Vec<String> {
    let packages: HashSet<_> = graph
        .nodes
        .iter()
        .filter_map(|node| package(node.label).strip_prefix(MAIN_REPOSITORY))
        .collect();
    packages
        .into_iter()
        .filter_map(|package| {
            let directory = workspace.join(package);
            let name = ["BUILD.bazel", "BUILD"]
                .into_iter()
                .find(|name| directory.join(name).is_file())?;
            Some(format!("{MAIN_REPOSITORY}{package}:{name}"))
        })
        .collect()
}

/// Returns the digest of a target without its configuration and dependencies.
fn own_digest(
    label: &str,
    targets: &Targets,
    workspace: &Path,
    contents: &mut Contents,
) -> Result<Digest, Error> {
    match targets.get(label) {
        Some(Target::Rule { digest, .. }) => match targets.package_features(label) {
            Some(features) => Ok(Sha256::new()
                .chain_update(digest)
                .chain_update(features)
                .finalize()
                .into()),
            None => Ok(*digest),
        },
        Some(Target::Source(path)) => contents.digest(path, workspace),
        Some(Target::Other) => Ok(Digest::default()),
        None => Err(Error::Output {
            command: "bazel query",
            problem: format!("no target {label:?}"),
        }),
    }
}

/// Computes the hash of each node, dependencies first.
fn node_hashes(graph: &Graph<'_>, own: &HashMap<&str, Digest>) -> Vec<Digest> {
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
                own.get(node.label),
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

fn rules(graph: &Graph<'_>, targets: &Targets, scope: &Scope, hashes: &[Digest]) -> Vec<Rule> {
    let mut by_label: HashMap<&str, Rule> = HashMap::new();
    for (node, hash) in graph.nodes.iter().zip(hashes) {
        let Some(Target::Rule {
            class,
            is_manual: false,
            ..
        }) = targets.get(node.label)
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
            class: class.clone(),
            is_image: false,
            hashes: Vec::new(),
        });
        rule.is_image |= is_image(node, class, graph, targets);
        rule.hashes.push(*hash);
    }
    by_label.into_values().collect()
}

fn is_image(node: &Node<'_>, class: &str, graph: &Graph<'_>, targets: &Targets) -> bool {
    let creates_image = |class: &str| IMAGE_CLASSES.contains(&class);
    creates_image(class)
        || FORWARDING_CLASSES.contains(&class)
            && node.dependencies.iter().filter_map(|&position| graph.nodes.get(position)).any(
                |dependency| matches!(targets.get(dependency.label), Some(Target::Rule { class, .. }) if creates_image(class)),
            )
}

#[cfg(test)]
mod tests {
    use super::*;

    const GRAPH: &str = "
        \"@@//a:t (1)\" -> \"@@//a:l (1)\"
        \"@@//a:l (1)\" -> \"@@//a:s (null)\"
        \"@@//a:l (2)\" -> \"@@//a:s (null)\"
        \"@@//a:t (1)\" -> \"@@//a:s (null)\"
        \"@@//a:u (1)\"";

    fn hashes<'a>(graph: &Graph<'a>, own: &[(&'a str, u8)]) -> HashMap<String, Digest> {
        let own = own.iter().map(|&(label, byte)| (label, [byte; 32])).collect();
        let names = graph
            .nodes
            .iter()
            .map(|node| format!("{} {}", node.label, node.configuration));
        names.zip(node_hashes(graph, &own)).collect()
    }

    #[test]
    fn hash_covers_dependencies() {
        let graph = Graph::parse(GRAPH).unwrap();
        let before = hashes(&graph, &[("@@//a:s", 1)]);
        let after = hashes(&graph, &[("@@//a:s", 2)]);
        let changed: HashSet<_> = before
            .keys()
            .filter(|name| before.get(*name) != after.get(*name))
            .map(String::as_str)
            .collect();
        assert_eq!(
            changed,
            HashSet::from(["@@//a:t 1", "@@//a:l 1", "@@//a:l 2", "@@//a:s null"])
        );
    }

    #[test]
    fn hash_covers_edges_and_configuration() {
        let before = hashes(&Graph::parse(GRAPH).unwrap(), &[]);
        let after = hashes(
            &Graph::parse(
                &GRAPH
                    .replace("(2)", "(3)")
                    .replace("a:u (1)\"", "a:u (1)\" -> \"@@//a:l (3)\""),
            )
            .unwrap(),
            &[],
        );
        assert_ne!(before.get("@@//a:u 1"), after.get("@@//a:u 1"));
        assert_ne!(before.get("@@//a:l 2"), after.get("@@//a:l 3"));
        assert_eq!(before.get("@@//a:t 1"), after.get("@@//a:t 1"));
    }
}
